//! The sync against scripted services, in virtual time.
mod chaos;
mod choice;
mod feed;
mod hidden;
mod ignite;
mod own;
mod paging;
mod sequences;
mod services;
mod settling;
mod walks;
mod writing;
