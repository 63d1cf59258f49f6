//! Services: at first, the init of a machine.

pub mod init;
