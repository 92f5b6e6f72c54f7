//! Where reports go to, each destination with its own mapping.

pub mod trustar;
