//! The extractor against cases: those of its peers, and its own.
mod accuracy;
mod addresses;
mod built;
mod counting;
mod documented;
mod documents;
mod hostile;
mod linear;
mod markup;
mod news;
mod reported;
mod rows;
mod score;
mod snapshot;
mod surroundings;
mod tricky;
