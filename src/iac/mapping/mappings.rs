//! The mappings in force: those in the binary, unpacked type by type, or those of given files.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::language::rule::Entry;
use super::language::{Compiled, MappingError, Shared, TypeMapping};
use crate::iac::deployment::Language;
use crate::model::packed::Packed;

/// What the build made of the mapping files.
mod built_in {
    include!(concat!(env!("OUT_DIR"), "/mappings.rs"));
}

/// How resources are made of blocks: the mapping files, compiled.
#[derive(Debug)]
pub struct Mappings {
    /// By name of the type, in order.
    types: Vec<(Cow<'static, str>, Packed<TypeMapping>)>,
    /// The types that have to do with a kind of block, by their place in `types`.
    by_kind: BTreeMap<Cow<'static, str>, Cow<'static, [usize]>>,
    /// What the rules share.
    pub(super) shared: Packed<Shared>,
}

impl Mappings {
    /// The mappings in the binary.
    #[must_use]
    pub fn built_in() -> &'static Self {
        static BUILT_IN: LazyLock<Mappings> = LazyLock::new(|| {
            let of_type = |(name, json): &(&'static str, &'static str)| (Cow::Borrowed(*name), Packed::new(json));
            let of_kind =
                |(kind, types): &(&'static str, &'static [usize])| (Cow::Borrowed(*kind), Cow::Borrowed(*types));
            Mappings {
                types: built_in::TYPES.iter().map(of_type).collect(),
                by_kind: built_in::KINDS.iter().map(of_kind).collect(),
                shared: Packed::new(built_in::SHARED),
            }
        });
        &BUILT_IN
    }

    /// The mapping of one file alone.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn parse(name: &str, text: &str) -> Result<Self, Vec<MappingError>> {
        Self::of(&[(name, text)])
    }

    /// The mappings of these files: name and text.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, in all files, sorted.
    pub fn of(files: &[(&str, &str)]) -> Result<Self, Vec<MappingError>> {
        let compiled = Compiled::of(files)?;
        let of_kind = |(kind, types): (&str, Vec<usize>)| (Cow::Owned(kind.to_owned()), Cow::Owned(types));
        let by_kind = compiled.kinds().into_iter().map(of_kind).collect();
        let of_type = |(name, mapping): (String, TypeMapping)| (Cow::Owned(name), Packed::from(mapping));
        Ok(Self {
            by_kind,
            types: compiled.types.into_iter().map(of_type).collect(),
            shared: Packed::from(compiled.shared),
        })
    }

    /// The types that are made of code.
    pub fn types(&self) -> impl Iterator<Item = &str> {
        self.types.iter().map(|(name, _)| &**name)
    }

    /// Whether anything is made of blocks of a kind.
    #[must_use]
    pub fn knows(&self, kind: &str) -> bool {
        self.by_kind.contains_key(kind)
    }

    /// The types that blocks of these kinds may have to do with, in order.
    pub(super) fn concerned<'a>(
        &self,
        kinds: impl IntoIterator<Item = &'a str>,
    ) -> impl Iterator<Item = (&str, &TypeMapping)> {
        let of_kind = |kind| self.by_kind.get(kind).map_or(&[][..], |types| &**types);
        let types: BTreeSet<usize> = kinds.into_iter().flat_map(of_kind).copied().collect();
        types.into_iter().map(|at| (&*self.types[at].0, &*self.types[at].1))
    }

    /// The attributes of a type that the mapping tells in a language: in every kind of block it is made
    /// of. Empty where it is not made of that language.
    #[must_use]
    pub fn mapped_attributes(&self, r#type: &str, language: Language) -> BTreeSet<String> {
        let Some((_, mapping)) = self.types.iter().find(|(name, _)| name == r#type) else { return BTreeSet::new() };
        let names =
            |entry: &Entry| -> BTreeSet<String> { entry.attributes.iter().map(|(name, _)| name.to_string()).collect() };
        let mut entries = mapping.entries(language).iter().map(names);
        let first = entries.next().unwrap_or_default();
        entries.fold(first, |all, next| all.intersection(&next).cloned().collect())
    }
}

impl TypeMapping {
    /// The entries of a language.
    pub(super) fn entries(&self, language: Language) -> &[Entry] {
        match language {
            Language::Terraform => &self.terraform,
            Language::Cloudformation => &self.cloudformation,
        }
    }
}
