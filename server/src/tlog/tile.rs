//! Tiles (C2SP tlog-tiles): the tree cut into pieces of 256 hashes, and the paths they are served under.
//!
//! The tile of level L and index N has the hashes of the complete subtrees of height 8·L from number 256·N on. A tile
//! that the tree does not fill yet is partial, and has a width. What is once in a tile never changes.

use std::fmt;

use super::tree::{Hash, node};

/// Hashes in a full tile.
pub const WIDTH: u16 = 256;
/// Levels of the tree that one level of tiles spans.
const HEIGHT: u32 = 8;
/// Levels of tiles that a tree of 2^64 leaves has.
pub const LEVELS: u8 = 8;

/// The place of a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tile {
    /// From nought, whose hashes are those of leaves, to below [`LEVELS`].
    pub level: u8,
    /// From nought, from the oldest leaves on.
    pub index: u64,
    /// How many of its hashes are meant, from 1 to [`WIDTH`].
    pub width: u16,
}

impl Tile {
    /// How many hashes a level of tiles has in a tree of this size.
    pub fn hashes(level: u8, size: u64) -> u64 {
        size.checked_shr(HEIGHT.saturating_mul(u32::from(level))).unwrap_or(0)
    }

    /// The number of its first hash within its level.
    pub fn first(&self) -> Option<u64> {
        self.index.checked_mul(u64::from(WIDTH))
    }

    /// Whether a tree of this size has it.
    pub fn is_within(&self, size: u64) -> bool {
        let end = self.first().and_then(|first| first.checked_add(u64::from(self.width)));
        end.is_some_and(|end| end <= Self::hashes(self.level, size))
    }

    /// The tile that a path names, such as `0/x001/067` or `1/000.p/7`; each tile has one path.
    pub fn parse(path: &str) -> Option<Self> {
        let (level, rest) = path.split_once('/')?;
        let (digits, width) = match rest.split_once(".p/") {
            Some((digits, width)) => (digits, width.parse().ok()?),
            None => (rest, WIDTH),
        };
        let mut index = 0u64;
        for group in digits.split('/') {
            let group: u64 = group.strip_prefix('x').unwrap_or(group).parse().ok()?;
            index = index.checked_mul(1000)?.checked_add(group)?;
        }
        let tile = Self { level: level.parse().ok()?, index, width };
        let sound = tile.level < LEVELS && (1..=WIDTH).contains(&width);
        (sound && tile.to_string() == path).then_some(tile)
    }
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/", self.level)?;
        let mut groups = vec![self.index % 1000];
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups.push(rest % 1000);
            rest /= 1000;
        }
        let (last, front) = groups.split_first().unwrap_or((&0, &[]));
        front.iter().rev().try_for_each(|group| write!(f, "x{group:03}/"))?;
        write!(f, "{last:03}")?;
        if self.width < WIDTH { write!(f, ".p/{}", self.width) } else { Ok(()) }
    }
}

/// The hash over a number of hashes that is a power of two.
pub fn perfect(hashes: &[Hash]) -> Option<Hash> {
    if !hashes.len().is_power_of_two() {
        return None;
    }
    let mut row = hashes.to_vec();
    while row.len() > 1 {
        row = row
            .chunks_exact(2)
            .filter_map(|pair| if let [left, right] = pair { Some(node(left, right)) } else { None })
            .collect();
    }
    row.first().copied()
}

/// The hash of a complete subtree, from the tile that holds it or what it is made of.
///
/// # Errors
/// Those of `read`, and `strange` where it returns too few hashes.
pub fn subtree<E>(
    level: u32,
    index: u64,
    mut read: impl FnMut(Tile) -> Result<Vec<Hash>, E>,
    strange: impl FnOnce(Tile) -> E,
) -> Result<Hash, E> {
    let within = level % HEIGHT;
    let (first, count) = (index << within, 1u16 << within);
    let offset = u16::try_from(first % u64::from(WIDTH)).unwrap_or(0);
    let tile = Tile {
        level: u8::try_from(level / HEIGHT).unwrap_or(LEVELS),
        index: first / u64::from(WIDTH),
        width: offset.saturating_add(count),
    };
    let hashes = read(tile)?;
    let wanted = hashes.get(usize::from(offset)..usize::from(tile.width));
    wanted.and_then(perfect).ok_or_else(|| strange(tile))
}
