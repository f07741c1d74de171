//! Any bytes may arrive: no panic, no hang, no unbounded memory, and no other session suffers.

/// What a session keeps and what its records point at, whatever was negotiated.
mod bounds;
/// Many small runs of the library: session, batch and format, in chunks and batches of any size.
mod library;
/// Seeded changes of sound streams.
pub(crate) mod mutate;
/// The same against the processes.
mod processes;
/// Recordings of route collectors.
pub(crate) mod recordings;
/// Inputs made to cost as much as possible.
mod worst;
