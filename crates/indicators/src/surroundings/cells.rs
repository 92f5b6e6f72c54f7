//! What the column and the row of a table say of a name in one of its cells.

use super::Place;
use super::item::Item;
use crate::says::{self, Says};
use crate::scan::first_bytes;
use crate::tables::{Cell, Tables};

/// The most cells of a row that are looked at.
const MOST_CELLS: usize = 24;

/// What a table says of a name.
pub enum Table {
    /// That it is something.
    Says(Says),
    /// Nothing, and what is above and below it in the text belongs to other columns.
    Nothing,
}

/// What the cells of a row say, so that it is not read anew for each name in it.
struct Said {
    /// Byte offset of the row, and what is between its cells.
    row: (usize, char),
    cells: Vec<OfCell>,
    /// How many cells hold anything.
    columns: usize,
}

/// What one cell says of the others in its row.
struct OfCell {
    type_of: Option<Says>,
    kind_of: Option<Says>,
    described_as: Option<Says>,
}

impl Said {
    fn read(cell: &Cell<'_>, marked: bool) -> Self {
        let cells = || cell.row.split(cell.separator).take(MOST_CELLS);
        let read = |text: &str| {
            let item = Item::of(text);
            OfCell {
                type_of: type_of(text, item),
                kind_of: kind_of(item),
                described_as: marked.then(|| described_as(text)).flatten(),
            }
        };
        // A cell says nothing of itself.
        let several = cells().nth(1).is_some();
        Self {
            row: (cell.start, cell.separator),
            cells: cells().filter(|_| several).map(read).collect(),
            columns: cells().filter(|cell| !cell.trim().is_empty()).count(),
        }
    }

    /// What the nearest of the cells beside the one at `own` says.
    fn beside(&self, own: usize, of: fn(&OfCell) -> Option<Says>) -> Option<Says> {
        let said = self.cells.iter().enumerate().filter_map(|(column, cell)| {
            let says = of(cell).filter(|_| column != own)?;
            Some((column.abs_diff(own), says))
        });
        said.min_by_key(|(distance, _)| *distance)
            .map(|(_, says)| says)
    }
}

/// What the heading of a cell's column says. Where the first row holds data, it heads nothing.
pub fn heading(cell: &Cell<'_>) -> Option<Says> {
    let says = says::label(cell.heading)?;
    // Fields are called like members: `host.name`.
    matches!(Item::of(cell.heading), Item::Text | Item::Member).then_some(says)
}

/// The tables of a text, and what the row that was looked at last says.
#[derive(Default)]
pub struct Rows {
    /// The tables, found when they are first asked for.
    pub tables: Tables,
    said: Option<Said>,
}

impl Rows {
    /// What the heading of a name's column says, or else the other cells of its row, or those above and below it. `None`: it stands
    /// in no table, or in one that says nothing and is of plain text or of a single column.
    pub fn say(&mut self, place: Place<'_>) -> Option<Table> {
        let cell = self.tables.cell(place.text, place.start)?;
        if let Some(says) = heading(&cell).filter(|says| says.is_decisive()) {
            return Some(Table::Says(says));
        }
        let own = Some(cell.place).filter(|own| *own < MOST_CELLS)?;
        let marked = !matches!(cell.separator, ',' | ';' | '|' | '\t');
        let row = (cell.start, cell.separator);
        let known = self.said.take().filter(|said| said.row == row);
        let said = self
            .said
            .insert(known.unwrap_or_else(|| Said::read(&cell, marked)));
        said.beside(own, |cell| cell.type_of)
            .or_else(|| said.beside(own, |cell| cell.kind_of))
            .or_else(|| said.beside(own, |cell| cell.described_as))
            .or_else(|| cell.column.into_iter().map(Item::of).find_map(kind_of))
            .map(Table::Says)
            .or_else(|| (marked && said.columns > 1).then_some(Table::Nothing))
    }
}

/// What a cell says that names the type of another.
fn type_of(cell: &str, item: Item) -> Option<Says> {
    let short = item == Item::Text && says::words(cell).nth(3).is_none();
    let says = short.then(|| says::label(cell)).flatten()?;
    says.is_decisive().then_some(says)
}

/// What kind of name a row is about, by the other cells' own.
fn kind_of(item: Item) -> Option<Says> {
    match item {
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
