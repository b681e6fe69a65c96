//! The tree of RFC 6962 §2.1: leaf `SHA-256(0x00 ‖ record)`, node `SHA-256(0x01 ‖ left ‖ right)`.
//!
//! The two prefixes keep a node from being passed off as a leaf. A root is computed as records
//! stream by, with one hash kept per level.

use sha2::{Digest, Sha256};

/// A SHA-256.
pub type Hash = [u8; 32];

/// Hash of a leaf that holds `record`.
#[must_use]
pub fn leaf_hash(record: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(record).finalize().into()
}

/// Hash of a node over two others.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// A tree that records are added to, of which only the root can be asked.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    size: u64,
    /// Roots of the perfect subtrees that make up the tree, the largest first: one for every bit
    /// that is set in `size`.
    peaks: Vec<Hash>,
}

impl Tree {
    /// Adds a record.
    pub fn push(&mut self, record: &[u8]) {
        self.push_hash(leaf_hash(record));
    }

    /// Adds a leaf by its hash.
    pub fn push_hash(&mut self, leaf: Hash) {
        // As in binary addition: a new leaf joins with a peak of its height as long as there is one.
        let kept = self.peaks.len().saturating_sub(self.size.trailing_ones() as usize);
        let hash = self.peaks.drain(kept..).rev().fold(leaf, |right, left| node_hash(&left, &right));
        self.peaks.push(hash);
        self.size += 1;
    }

    /// How many records it has.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Its root; the SHA-256 of nothing where it is empty.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else { return Sha256::digest([]).into() };
        peaks.fold(*last, |right, left| node_hash(left, &right))
    }
}

/// Root over `leaves`.
#[must_use]
pub fn root(leaves: &[Hash]) -> Hash {
    let mut tree = Tree::default();
    for leaf in leaves {
        tree.push_hash(*leaf);
    }
    tree.root()
}

/// Where a tree of `size` > 1 leaves divides: the largest power of two below `size`.
fn split(size: usize) -> usize {
    size.next_power_of_two() / 2
}

/// The proof of RFC 6962 §2.1.1 that leaf `index` is in the tree over `leaves`; `None` when there
/// is no such leaf.
#[must_use]
pub fn inclusion_proof(leaves: &[Hash], index: usize) -> Option<Vec<Hash>> {
    if index >= leaves.len() {
        return None;
    }
    let (mut part, mut index) = (leaves, index);
    let mut proof = Vec::new();
    while part.len() > 1 {
        let (left, right) = part.split_at(split(part.len()));
        if index < left.len() {
            proof.push(root(right));
            part = left;
        } else {
            proof.push(root(left));
            index -= left.len();
            part = right;
        }
    }
    proof.reverse();
    Some(proof)
}

/// Whether `proof` shows that `leaf` is at `index` of the tree of `size` leaves with this root
/// (RFC 9162 §2.1.3.2, which spells the check out).
#[must_use]
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut index, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for step in proof {
        if last == 0 {
            return false;
        }
        if index & 1 == 1 || index == last {
            hash = node_hash(step, &hash);
            while index & 1 == 0 && index != 0 {
                index >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, step);
        }
        index >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// The proof of RFC 6962 §2.1.2 that the tree over the first `old` leaves is a prefix of the tree
/// over all `leaves`; `None` when `old` is 0 or more than there are.
#[must_use]
pub fn consistency_proof(leaves: &[Hash], old: usize) -> Option<Vec<Hash>> {
    if old == 0 || old > leaves.len() {
        return None;
    }
    let (mut part, mut old) = (leaves, old);
    // Whether `part` begins where the tree begins: then its old root is the one that is known.
    let mut known = true;
    let mut proof = Vec::new();
    while old != part.len() {
        let (left, right) = part.split_at(split(part.len()));
        if old <= left.len() {
            proof.push(root(right));
            part = left;
        } else {
            proof.push(root(left));
            part = right;
            old -= left.len();
            known = false;
        }
    }
    if !known {
        proof.push(root(part));
    }
    proof.reverse();
    Some(proof)
}

/// Whether `proof` shows that the tree of `old_size` leaves with `old_root` is a prefix of the
/// tree of `new_size` leaves with `new_root` (RFC 9162 §2.1.4.2).
#[must_use]
pub fn verify_consistency(old_size: u64, old_root: &Hash, new_size: u64, new_root: &Hash, proof: &[Hash]) -> bool {
    if old_size == 0 || old_size > new_size {
        return false;
    }
    if old_size == new_size {
        return proof.is_empty() && old_root == new_root;
    }
    let mut steps = proof.iter();
    // The root of a perfect old tree is itself the first step, and is left out of the proof.
    let first = if old_size.is_power_of_two() { Some(old_root) } else { steps.next() };
    let Some(first) = first else { return false };
    let (mut index, mut last) = (old_size - 1, new_size - 1);
    while index & 1 == 1 {
        index >>= 1;
        last >>= 1;
    }
    let (mut old_hash, mut new_hash) = (*first, *first);
    for step in steps {
        if last == 0 {
            return false;
        }
        if index & 1 == 1 || index == last {
            old_hash = node_hash(step, &old_hash);
            new_hash = node_hash(step, &new_hash);
            while index & 1 == 0 && index != 0 {
                index >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = node_hash(&new_hash, step);
        }
        index >>= 1;
        last >>= 1;
    }
    last == 0 && old_hash == *old_root && new_hash == *new_root
}

#[cfg(test)]
mod tests {
    use ct_merkle::mem_backed_tree::MemoryBackedTree;
    use proptest::prelude::*;

    use super::*;
    use crate::model::canonical::hex;

    /// The leaves that the Certificate Transparency code uses for its own test vectors.
    const LEAVES: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];

    /// Roots over the first 1, 2, … of them.
    const ROOTS: [&str; 8] = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    fn hashes(records: &[Vec<u8>]) -> Vec<Hash> {
        records.iter().map(|record| leaf_hash(record)).collect()
    }

    #[test]
    fn roots_are_those_of_the_certificate_transparency_vectors() {
        let mut tree = Tree::default();
        assert_eq!(hex(&tree.root()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        for (leaf, root) in LEAVES.iter().zip(ROOTS) {
            tree.push(leaf);
            assert_eq!(hex(&tree.root()), root);
        }
        assert_eq!(tree.size(), 8);
    }

    #[test]
    fn proofs_are_those_of_the_certificate_transparency_vectors() {
        let leaves: Vec<Hash> = LEAVES.iter().map(|leaf| leaf_hash(leaf)).collect();
        let shown =
            |proof: Option<Vec<Hash>>| proof.expect("there is one").iter().map(|hash| hex(hash)).collect::<Vec<_>>();
        assert_eq!(
            shown(inclusion_proof(&leaves[..3], 2)),
            ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
        );
        assert_eq!(
            shown(consistency_proof(&leaves, 6)),
            [
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        );
    }

    #[test]
    fn a_node_cannot_be_passed_off_as_a_leaf() {
        let (a, b) = (leaf_hash(b"a"), leaf_hash(b"b"));
        let joined = [a.as_slice(), b.as_slice()].concat();
        assert_ne!(leaf_hash(&joined), node_hash(&a, &b));
    }

    fn records() -> impl Strategy<Value = Vec<Vec<u8>>> {
        prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..70)
    }

    proptest! {
        #[test]
        fn root_and_proofs_are_those_of_an_independent_tree(
            records in records(), one in any::<prop::sample::Index>(), old in any::<prop::sample::Index>(),
        ) {
            let leaves = hashes(&records);
            let mut theirs = MemoryBackedTree::<Sha256, Vec<u8>>::new();
            for record in &records {
                theirs.push(record.clone());
            }
            let ours = root(&leaves);
            prop_assert_eq!(ours.to_vec(), theirs.root().as_bytes().to_vec());

            let index = one.index(records.len());
            let proof = inclusion_proof(&leaves, index).expect("the leaf is there");
            prop_assert_eq!(proof.concat(), theirs.prove_inclusion(index).as_bytes().to_vec());
            prop_assert!(verify_inclusion(&leaves[index], index as u64, leaves.len() as u64, &proof, &ours));

            let old = old.index(records.len()) + 1;
            let proof = consistency_proof(&leaves, old).expect("the old tree is a prefix");
            prop_assert_eq!(proof.concat(), theirs.prove_consistency(leaves.len() - old).as_bytes().to_vec());
            prop_assert!(
                verify_consistency(old as u64, &root(&leaves[..old]), leaves.len() as u64, &ours, &proof)
            );
        }

        #[test]
        fn a_proof_for_another_leaf_or_place_is_refused(
            records in records(), one in any::<prop::sample::Index>(), other in any::<prop::sample::Index>(),
        ) {
            let leaves = hashes(&records);
            let (one, other) = (one.index(leaves.len()), other.index(leaves.len()));
            prop_assume!(leaves[one] != leaves[other]);
            let (size, root) = (leaves.len() as u64, root(&leaves));
            let proof = inclusion_proof(&leaves, one).expect("the leaf is there");
            prop_assert!(!verify_inclusion(&leaves[other], one as u64, size, &proof, &root));
            prop_assert!(!verify_inclusion(&leaves[one], other as u64, size, &proof, &root));
        }

        #[test]
        fn a_rewritten_past_has_no_consistency_proof(
            records in records(), old in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(),
        ) {
            let leaves = hashes(&records);
            let old = old.index(leaves.len()) + 1;
            let before = root(&leaves[..old]);
            let mut rewritten = leaves;
            rewritten[at.index(old)] = leaf_hash(b"a record that was not there");
            let proof = consistency_proof(&rewritten, old).expect("the size fits");
            prop_assert!(!verify_consistency(old as u64, &before, rewritten.len() as u64, &root(&rewritten), &proof));
        }

        #[test]
        fn any_proof_at_all_is_refused_or_accepted_without_a_panic(
            proof in prop::collection::vec(any::<[u8; 32]>(), 0..8), a in any::<u64>(), b in any::<u64>(),
        ) {
            let hash = leaf_hash(b"x");
            let _: (bool, bool) =
                (verify_inclusion(&hash, a, b, &proof, &hash), verify_consistency(a, &hash, b, &hash, &proof));
        }
    }
}
