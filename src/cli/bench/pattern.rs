//! The bytes that are sent, known to both sides, so that every one can be checked.

use sinew::Errno;
use sinew::memory::Map;

/// The longest message and the longest piece that is checked at once.
pub const LONGEST: usize = 1 << 20;

/// The bytes repeat after this many: a prime, so that no loss, repetition or swap of whole
/// messages or pages goes unseen.
const PERIOD: u64 = 65_521;

/// Pseudo-random bytes that repeat.
pub struct Pattern(Map);

impl Pattern {
    /// Makes the bytes.
    pub fn new() -> Result<Self, Errno> {
        let mut map = Map::private(PERIOD as usize + LONGEST)?;
        let bytes = map.as_mut_slice().ok_or(Errno::ACCES)?;
        let (first, rest) = bytes.split_at_mut(PERIOD as usize);
        // Marsaglia's xorshift64 ("Xorshift RNGs", 2003).
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        for byte in first.iter_mut() {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            *byte = (state >> 56) as u8;
        }
        for chunk in rest.chunks_mut(PERIOD as usize) {
            chunk.copy_from_slice(&first[..chunk.len()]);
        }
        Ok(Self(map))
    }

    /// The bytes at this position of the stream; at most [`LONGEST`].
    #[inline]
    pub fn at(&self, position: u64, length: usize) -> &[u8] {
        let start = (position % PERIOD) as usize;
        // The mapping is private and anonymous, so it is always a slice.
        let bytes = self.0.as_slice().unwrap_or_default();
        &bytes[start..start + length]
    }
}
