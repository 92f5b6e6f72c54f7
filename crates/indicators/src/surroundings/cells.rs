//! What the column and the row of a table say of a name in one of its cells.

use super::Place;
use super::item::Item;
use crate::says::{self, Says};
use crate::scan::first_bytes;
use crate::tables::Tables;

/// The most cells of a row that are looked at.
const MOST_CELLS: usize = 24;

/// What a table says of a name.
pub enum Table {
    /// That it is something.
    Says(Says),
    /// Nothing, and what is above and below it in the text belongs to other columns.
    Nothing,
}

/// What the heading of its column says, or else the other cells of its row, or those above and below it. `None`: it stands in no
/// table, or in one that says nothing and is of plain text or of a single column.
#[must_use]
pub fn say(place: Place<'_>, tables: &mut Tables) -> Option<Table> {
    let cell = tables.cell(place.text, place.start)?;
    if let Some(says) = says::label(cell.heading).filter(|says| says.is_decisive()) {
        return Some(Table::Says(says));
    }
    let cells: Vec<&str> = cell.row.split(cell.separator).take(MOST_CELLS).collect();
    let own = cells.iter().position(|cell| cell.contains(place.name()))?;
    let others = |of: fn(&str) -> Option<Says>| {
        let said = cells.iter().enumerate().filter_map(|(column, cell)| {
            let says = of(cell).filter(|_| column != own)?;
            Some((column.abs_diff(own), says))
        });
        said.min_by_key(|(distance, _)| *distance)
            .map(|(_, says)| says)
    };
    let columns = cells.iter().filter(|cell| !cell.trim().is_empty()).count();
    let marked = !matches!(cell.separator, ',' | ';' | '|' | '\t');
    others(type_of)
        .or_else(|| others(kind_of))
        .or_else(|| marked.then(|| others(described_as)).flatten())
        .or_else(|| cell.column.into_iter().find_map(kind_of))
        .map(Table::Says)
        .or_else(|| (marked && columns > 1).then_some(Table::Nothing))
}

/// What a cell says that names the type of another.
fn type_of(cell: &str) -> Option<Says> {
    let short = Item::of(cell) == Item::Text && says::words(cell).nth(3).is_none();
    let says = short.then(|| says::label(cell)).flatten()?;
    says.is_decisive().then_some(says)
}

/// What kind of name a row is about, by the other cells' own.
fn kind_of(cell: &str) -> Option<Says> {
    match Item::of(cell) {
        Item::Host => Some(Says::Host),
        Item::File | Item::Digest => Some(Says::File),
        Item::Url | Item::Doubted | Item::Member | Item::Nothing | Item::Text => None,
    }
}

/// The most bytes of a description that are looked at.
const MOST_DESCRIPTION: usize = 96;

/// What a description says first: `C2 server of the loader`, `script that starts it`.
fn described_as(cell: &str) -> Option<Says> {
    says::words(first_bytes(cell, MOST_DESCRIPTION))
        .filter_map(says::word)
        .find(|says| says.is_decisive())
}
