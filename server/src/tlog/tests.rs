//! The tree against a naive one, and texts against what is wrong with them.

use proptest::prelude::*;

use super::tile::{self, perfect};
use super::tree::{self, Frontier, Hash, node};
use super::{Checkpoint, NoteKey, Proof, Refused, Tile, VerifierKey};

/// RFC 6962, section 2.1, to the letter.
fn naive_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => tree::empty_root(),
        [leaf] => *leaf,
        _ => {
            let mut half = 1;
            while half * 2 < leaves.len() {
                half *= 2;
            }
            node(&naive_root(&leaves[..half]), &naive_root(&leaves[half..]))
        }
    }
}

/// Complete subtrees, straight from the leaves.
fn subtree(leaves: &[Hash]) -> impl FnMut(u32, u64) -> Result<Hash, ()> {
    |level, index| {
        let first = (index as usize) << level;
        perfect(leaves.get(first..first + (1 << level)).ok_or(())?).ok_or(())
    }
}

fn leaves(count: usize) -> Vec<Hash> {
    (0..count)
        .map(|index| {
            sha2::Digest::finalize(sha2::Digest::chain_update(
                <sha2::Sha256 as sha2::Digest>::new(),
                index.to_le_bytes(),
            ))
            .into()
        })
        .collect()
}

#[test]
fn roots_and_proofs_of_every_small_tree_are_those_of_the_definition() {
    let all = leaves(70);
    let mut frontier = Frontier::default();
    for size in 0..=all.len() {
        let some = &all[..size];
        let root = naive_root(some);
        assert_eq!(tree::root(size as u64, subtree(some)), Ok(root), "{size}");
        assert_eq!((frontier.size(), frontier.root()), (size as u64, root));
        for (index, leaf) in some.iter().enumerate() {
            let path = tree::inclusion(index as u64, size as u64, subtree(some)).unwrap();
            assert_eq!(tree::root_of_inclusion(leaf, index as u64, size as u64, &path), Some(root));
        }
        for old in 0..=size {
            let path = tree::consistency(old as u64, size as u64, subtree(some)).unwrap();
            let old_root = naive_root(&all[..old]);
            assert!(tree::is_consistent(old as u64, &old_root, size as u64, &root, &path), "{old} {size}");
            assert!(!tree::is_consistent(old as u64, &[7; 32], size as u64, &root, &path));
            // A tree without leaves is the beginning of every tree, and of another one without leaves it is all.
            let any = old == 0 && size > 0;
            assert_eq!(tree::is_consistent(old as u64, &old_root, size as u64, &[7; 32], &path), any);
        }
        if let Some(leaf) = all.get(size) {
            frontier.push(*leaf);
        }
    }
}

proptest! {
    #[test]
    fn a_proof_holds_for_its_leaf_its_place_and_its_tree_only(
        size in 1usize..2_000, at: prop::sample::Index, bit in 0usize..256, hash: prop::sample::Index,
    ) {
        let all = leaves(size);
        let (index, size) = (at.index(size) as u64, size as u64);
        let leaf = all[index as usize];
        let root = naive_root(&all);
        let path = tree::inclusion(index, size, subtree(&all)).unwrap();
        prop_assert_eq!(tree::root_of_inclusion(&leaf, index, size, &path), Some(root));
        prop_assert_ne!(tree::root_of_inclusion(&[1; 32], index, size, &path), Some(root));
        prop_assert_eq!(tree::root_of_inclusion(&leaf, size, size, &path), None);
        prop_assert_ne!(tree::root_of_inclusion(&leaf, index ^ 1, size, &path).filter(|_| size > 1), Some(root));
        if !path.is_empty() {
            prop_assert_ne!(tree::root_of_inclusion(&leaf, index, size, &path[1..]), Some(root));
            let mut other = path.clone();
            let place = hash.index(other.len());
            other[place][bit / 8] ^= 1 << (bit % 8);
            prop_assert_ne!(tree::root_of_inclusion(&leaf, index, size, &other), Some(root));
        }
        let mut longer = path;
        longer.push([0; 32]);
        prop_assert_ne!(tree::root_of_inclusion(&leaf, index, size, &longer), Some(root));
    }

    #[test]
    fn subtrees_come_out_of_tiles(size in 1usize..1_500) {
        let all = leaves(size);
        let above: Vec<Hash> = all.chunks_exact(256).map(|tile| perfect(tile).unwrap()).collect();
        let read = |tile: Tile| -> Result<Vec<Hash>, Refused> {
            assert!(tile.is_within(size as u64), "{tile}");
            let row = if tile.level == 0 { &all } else { &above };
            let first = tile.first().unwrap() as usize;
            Ok(row[first..first + usize::from(tile.width)].to_vec())
        };
        let root = tree::root(size as u64, |level, index| tile::subtree(level, index, read, |_| Refused("short")));
        prop_assert_eq!(root, Ok(naive_root(&all)));
    }

    #[test]
    fn a_tile_has_one_path(level in 0u8..8, index: u64, width in 1u16..=256) {
        let tile = Tile { level, index, width };
        prop_assert_eq!(Tile::parse(&tile.to_string()), Some(tile));
    }

    #[test]
    fn what_is_read_as_a_tile_has_no_other_path(text in "[0-9]{1,2}/(x[0-9]{3}/)?[0-9]{2,3}(\\.p/[0-9]{1,3})?|\\PC{0,20}") {
        if let Some(tile) = Tile::parse(&text) {
            prop_assert_eq!(tile.to_string(), text);
        }
    }

    #[test]
    fn no_text_makes_a_reader_fail(text in "\\PC{0,60}|c2sp.org/tlog-proof@v1\n(extra .{0,8}\n)?index .{0,8}\n.{0,50}\n\n.{0,50}\n") {
        let key = key().verifier();
        let _ = (Proof::parse(&text), Checkpoint::parse(&text), VerifierKey::parse(&text), NoteKey::parse(&text));
        prop_assert!(key.open(&text).is_err());
    }
}

fn key() -> NoteKey {
    NoteKey::new("holdpoint/test", &[5; 32]).unwrap()
}

#[test]
fn tiles_are_named_as_the_specification_says() {
    for (level, index, width, path) in [
        (0, 0, 256, "0/000"),
        (0, 1_234_067, 256, "0/x001/x234/067"),
        (1, 0, 112, "1/000.p/112"),
        (7, 1_000, 1, "7/x001/000.p/1"),
    ] {
        let tile = Tile { level, index, width };
        assert_eq!((tile.to_string().as_str(), Tile::parse(path)), (path, Some(tile)));
    }
    for bad in [
        "",
        "0",
        "0/",
        "0/0",
        "0/0000",
        "0/000.p/0",
        "0/000.p/256",
        "0/000.p/01",
        "8/000",
        "00/000",
        "0/001/x002",
        "0/x000/001",
        "-1/000",
        "0/+01",
        "0/x999/x999/x999/x999/x999/x999/x999/999",
        "0/000/",
    ] {
        assert_eq!(Tile::parse(bad), None, "{bad}");
    }
    assert!(Tile { level: 0, index: 1, width: 44 }.is_within(300));
    assert!(!Tile { level: 0, index: 1, width: 45 }.is_within(300));
    assert!(!Tile { level: 0, index: u64::MAX, width: 1 }.is_within(u64::MAX));
}

#[test]
fn a_note_is_opened_by_its_own_key_only() {
    let key = key();
    let checkpoint = Checkpoint { origin: key.name().to_owned(), size: 7, root: [9; 32] };
    let note = key.sign(&checkpoint.to_string());
    let verifier = VerifierKey::parse(&key.verifier().to_string()).unwrap();
    assert_eq!(Checkpoint::open(&note, &verifier), Ok(checkpoint.clone()));
    // A witness adds its line.
    let witness = NoteKey::new("witness", &[6; 32]).unwrap();
    let line = witness.sign(&checkpoint.to_string()).rsplit_once("\n\n").unwrap().1.to_owned();
    assert_eq!(Checkpoint::open(&format!("{note}{line}"), &verifier), Ok(checkpoint));
    let other = NoteKey::new("holdpoint/test", &[6; 32]).unwrap().verifier();
    assert_eq!(other.open(&note), Err(Refused("it is not signed with this key")));
    for (from, to) in [("\n7\n", "\n8\n"), ("holdpoint/test\n", "holdpoint/test \n"), ("\u{2014}", "-")] {
        assert!(verifier.open(&note.replacen(from, to, 1)).is_err(), "{to:?}");
    }
    for end in 0..note.len() {
        let cut = note.get(..end).unwrap_or_default();
        assert!(verifier.open(cut).is_err(), "{end}");
    }
    let control = verifier.open(&key.sign("a\u{1b}[31m\n")).map(str::to_owned);
    assert_eq!(control, Err(Refused("it is not a signed note")));
    let foreign = key.sign("somebody/else\n7\nCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=\n");
    assert_eq!(Checkpoint::open(&foreign, &verifier), Err(Refused("it is of another log")));
}

#[test]
fn keys_are_read_as_they_are_written() {
    let key = key();
    assert_eq!(NoteKey::parse(&key.secret()).unwrap().verifier(), key.verifier());
    let text = key.verifier().to_string();
    assert!(text.starts_with("holdpoint/test+"));
    for bad in [
        String::new(),
        text.replace("holdpoint", "holdpoinT"),
        text.replace('+', " "),
        text.trim_end_matches(|_| true).to_owned(),
        text.chars().take(text.len() - 1).collect(),
        text.to_uppercase(),
        key.secret(),
    ] {
        assert!(VerifierKey::parse(&bad).is_err(), "{bad}");
    }
    assert!(NoteKey::parse(&text).is_err());
    assert!(NoteKey::new("a b", &[0; 32]).is_err());
    assert!(!format!("{key:?}").contains('='));
}

#[test]
fn a_checkpoint_has_three_lines_and_one_spelling() {
    let root = "CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=";
    assert!(Checkpoint::parse(&format!("log\n12\n{root}\n")).is_ok());
    assert!(Checkpoint::parse(&format!("log\n12\n{root}\nextension\n")).is_ok());
    for bad in [
        "log\n012\n{}\n",
        "log\n-1\n{}\n",
        "log\n+1\n{}\n",
        "\n12\n{}\n",
        "log\n12\n{}",
        "log\n12\n{}=\n",
        "log\n12\n\n",
        "log\n\n{}\n",
        "log\n99999999999999999999\n{}\n",
        "log\n12\n{}\n\n",
    ] {
        assert!(Checkpoint::parse(&bad.replace("{}", root)).is_err(), "{bad}");
    }
}

#[test]
fn a_proof_is_read_as_it_is_written() {
    let key = key();
    let all = leaves(11);
    let root = naive_root(&all);
    let checkpoint = key.sign(&Checkpoint { origin: key.name().to_owned(), size: 11, root }.to_string());
    let path = tree::inclusion(4, 11, subtree(&all)).unwrap();
    for extra in [Vec::new(), b"what it is made of".to_vec()] {
        let proof = Proof { extra, index: 4, path: path.clone(), checkpoint: checkpoint.clone() };
        assert_eq!(Proof::parse(&proof.to_string()), Ok(proof.clone()));
        assert_eq!(proof.verify(&all[4], &key.verifier()).unwrap().size, 11);
        assert!(proof.verify(&all[5], &key.verifier()).is_err());
        let text = proof.to_string();
        for (from, to) in [("@v1", "@v2"), ("index 4", "index 04"), ("index 4", "indeX 4"), ("\n\n", "\n")] {
            assert!(Proof::parse(&text.replacen(from, to, 1)).is_err(), "{to}");
        }
        let elsewhere = Proof::parse(&text.replacen("index 4", "index 5", 1)).unwrap();
        assert!(elsewhere.verify(&all[4], &key.verifier()).is_err());
    }
    // A tree of one leaf has no hashes.
    let checkpoint = Checkpoint { origin: key.name().to_owned(), size: 1, root: all[0] };
    let proof =
        Proof { extra: vec![], index: 0, path: vec![], checkpoint: key.sign(&checkpoint.to_string()) };
    assert_eq!(Proof::parse(&proof.to_string()), Ok(proof.clone()));
    assert_eq!(proof.verify(&all[0], &key.verifier()), Ok(checkpoint));
}
