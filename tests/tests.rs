//! Integration tests: one binary, and this list is its map.
