//! What the column and the row of a table say of a name in one of its cells.

use std::cell::OnceCell;

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
    let own = cell.column;
    if own >= MOST_CELLS {
        return None;
    }
    let row = tables.row();
    let nearest = |known: &Known, of: fn(&str) -> Option<Says>| {
        let cells = || row.cells(place.text, MOST_CELLS).enumerate();
        let said = known.get_or_init(|| {
            let said = cells().filter_map(|(column, cell)| Some((column, of(cell)?)));
            said.collect()
        });
        let others = said.iter().filter(|(column, _)| *column != own);
        others
            .min_by_key(|(column, _)| column.abs_diff(own))
            .map(|(_, says)| *says)
    };
    let says = nearest(&row.said.types, type_of)
        .or_else(|| nearest(&row.said.kinds, kind_of))
        .or_else(|| {
            let described = || nearest(&row.said.descriptions, described_as);
            cell.marked.then(described).flatten()
        });
    if !cell.marked {
        return says.map(Table::Says);
    }
    let is_filled = |cell: &&str| !cell.trim().is_empty();
    let filled = || row.cells(place.text, MOST_CELLS).filter(is_filled).count();
    let columns = *row.said.filled.get_or_init(filled);
    says.or_else(|| beside(place, own, tables))
        .map(Table::Says)
        .or_else(|| (columns > 1).then_some(Table::Nothing))
}

/// What the cells of a row say, by their columns.
type Known = OnceCell<Vec<(usize, Says)>>;

/// What the cells above and below in the same column say.
fn beside(place: Place<'_>, column: usize, tables: &mut Tables) -> Option<Says> {
    if let Some((_, says)) = tables
        .row()
        .said
        .beside
        .filter(|(known, _)| *known == column)
    {
        return says;
    }
    let says = tables
        .column(place.text, column)
        .into_iter()
        .find_map(kind_of);
    tables.row().said.beside = Some((column, says));
    says
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
