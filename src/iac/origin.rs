//! Where an unknown value comes from: what tells two unknown values apart.
//!
//! An unknown value is shown by a text for readers, which may be cut and may be the same for two values.
//! Nothing is decided by that text. Two unknown values are the same where their origins are, and an origin
//! that does not say enough is the same as none.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};

/// Where the parameters of a template stand.
pub const PARAMETERS: &str = "Parameters";

/// How many origins may lie in one another; deeper ones are told apart by their digest.
const DEPTH_LIMIT: usize = 32;

/// How many parts of a value go into a digest. A larger value is not told from others.
const FUEL: usize = 1_000;

/// Where an unknown value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum Origin {
    /// Nothing is known that would tell it from others.
    #[default]
    Unidentified,
    /// It is another each time that it is evaluated: `uuid()`, `timestamp()`.
    Fresh,
    /// What stands in its place is known, and is not shown: a sensitive value of a plan.
    Hidden,
    /// The same, where the code writes it as it is: no variable and no other block tells it.
    HiddenLiteral,
    /// What could not be read, which is a problem of the run and said there.
    Problem,
    /// Something that the code names and does not tell: a variable, a parameter, the workspace.
    Input {
        /// Where the name stands: the address of a module instance, the section of a template.
        scope: Arc<str>,
        /// The name (`var.bucket`, `Environment`).
        name: Arc<str>,
    },
    /// An attribute of a block, or the block itself.
    Attribute {
        /// Address of the block, with its module and its instance key.
        address: Arc<str>,
        /// The attribute; empty for the block itself.
        path: Arc<str>,
    },
    /// What an expression comes to.
    Expression(Expression),
    /// An element or member of something.
    Element {
        /// The collection.
        of: Arc<Self>,
        /// Which one of it.
        at: Position,
    },
    /// The further elements of a collection, of which not even the number is known.
    Rest(Arc<Self>),
    /// How many elements a collection has.
    Length(Arc<Self>),
    /// The availability zones of a region, by what names the region.
    Zones(Arc<str>),
    /// Made of what a plan lists as the references of an expression. A plan does not tell expressions apart
    /// that refer to the same, so this one may be the same as another, and may not.
    Listed(Expression),
}

/// Which element of a collection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Position {
    /// The one with this number or name.
    At(Arc<str>),
    /// In each instance of a repeated block, another one: `each.value`.
    EachValue,
    /// Its key: `each.key`.
    EachKey,
    /// In each instance of a repeated block, its number: `count.index`. Of the number of instances.
    CountIndex,
}

/// An expression with the values of all that it is made of, by its digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Expression {
    digest: [u8; 16],
    /// Whether it has another value in each instance of a repeated block.
    repeated: bool,
}

impl Origin {
    /// What the code names and does not tell.
    #[must_use]
    pub fn input(scope: &str, name: &str) -> Self {
        Self::Input { scope: Arc::from(scope), name: Arc::from(name) }
    }

    /// An attribute of a block; of an empty path, the block.
    #[must_use]
    pub fn attribute(address: &str, path: &str) -> Self {
        Self::Attribute { address: Arc::from(address), path: Arc::from(path) }
    }

    /// An element or member of this.
    #[must_use]
    pub fn element(&self, at: Position) -> Self {
        if !self.is_identified() {
            return Self::Unidentified;
        }
        Self::Element { of: Arc::new(self.bounded()), at }
    }

    /// The further elements of this.
    #[must_use]
    pub fn rest(&self) -> Self {
        match self {
            Self::Rest(_) => self.clone(),
            other => Self::Rest(Arc::new(other.bounded())),
        }
    }

    /// The number of elements of this.
    #[must_use]
    pub fn length(&self) -> Self {
        if self.is_identified() { Self::Length(Arc::new(self.bounded())) } else { Self::Unidentified }
    }

    /// Whether it says enough to tell the value from others.
    #[must_use]
    pub fn is_identified(&self) -> bool {
        match self {
            Self::Unidentified | Self::Fresh | Self::Hidden | Self::HiddenLiteral | Self::Problem => false,
            Self::Element { of, .. } | Self::Rest(of) | Self::Length(of) => of.is_identified(),
            _ => true,
        }
    }

    /// Whether it is of one value, wherever it stands. What differs from instance to instance of a repeated
    /// block is not; nor is what a plan lists.
    fn is_of_one_value(&self) -> bool {
        match self {
            Self::Unidentified
            | Self::Fresh
            | Self::Hidden
            | Self::HiddenLiteral
            | Self::Problem
            | Self::Rest(_)
            | Self::Listed(_) => false,
            Self::Expression(expression) => !expression.repeated,
            Self::Element { of, at } => matches!(at, Position::At(_)) && of.is_of_one_value(),
            Self::Length(of) => of.is_of_one_value(),
            Self::Input { .. } | Self::Attribute { .. } | Self::Zones(_) => true,
        }
    }

    /// Whether values of the two origins are certainly one and the same.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.is_of_one_value() && self == other
    }

    /// The attribute of a block that it is: the address and the path. Of one of several instances, too.
    #[must_use]
    pub fn as_attribute(&self) -> Option<(&str, &str)> {
        match self {
            Self::Attribute { address, path } => Some((address, path)),
            Self::Element { of, at: Position::At(path) } => match &**of {
                Self::Element { of, at: Position::EachValue } => match &**of {
                    Self::Attribute { address, path: whole } if whole.is_empty() => Some((address, path)),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        }
    }

    /// What would decide it, where that is a value that whoever runs a check can give.
    #[must_use]
    pub fn wanted(&self) -> Option<String> {
        match self {
            Self::Input { scope, name } => match (&**scope, name.strip_prefix("var.")) {
                ("", Some(_)) => Some(format!("{name} has no value; give it one with --var or --var-file")),
                (PARAMETERS, _) => Some(format!("{name} has no value; give it one with --parameter-override")),
                _ => None,
            },
            Self::Element { of, .. } | Self::Rest(of) | Self::Length(of) => of.wanted(),
            _ => None,
        }
    }

    /// A short text that tells it from others; nothing where it is not identified.
    #[must_use]
    pub fn tag(&self) -> Option<String> {
        let mut digester = Digester::new("tag");
        digester.origin(self);
        if digester.is_open() {
            return None;
        }
        let digest = digester.digest();
        let number = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
        Some(format!("{number:08x}"))
    }

    fn depth(&self) -> usize {
        match self {
            Self::Element { of, .. } | Self::Rest(of) | Self::Length(of) => 1 + of.depth(),
            _ => 0,
        }
    }

    /// The same with bounded depth.
    fn bounded(&self) -> Self {
        if self.depth() < DEPTH_LIMIT {
            return self.clone();
        }
        let mut digester = Digester::new("");
        digester.origin(self);
        digester.finish()
    }
}

/// Makes the digest of an expression out of what it is made of.
pub struct Digester {
    hash: Sha256,
    fuel: usize,
    repeated: bool,
    /// Something went in that is not told from others.
    pub(super) open: bool,
}

impl Digester {
    /// Begins with the name of an operation.
    #[must_use]
    pub fn new(operation: &str) -> Self {
        let mut digester = Self { hash: Sha256::new(), fuel: FUEL, repeated: false, open: false };
        digester.text(operation);
        digester
    }

    /// Takes a mark in, which tells what follows from something else that is spelled alike.
    pub fn mark(&mut self, mark: u8) {
        self.spend(1);
        if !self.open {
            self.hash.update([mark]);
        }
    }

    /// Takes a number in.
    pub fn number(&mut self, number: u64) {
        self.spend(1);
        if !self.open {
            self.hash.update(number.to_le_bytes());
        }
    }

    /// Takes a text in.
    pub fn text(&mut self, text: &str) {
        self.spend(1 + text.len() / 256);
        if !self.open {
            self.hash.update((text.len() as u64).to_le_bytes());
            self.hash.update(text.as_bytes());
        }
    }

    /// Takes in that something goes in which is not told from others.
    pub fn give_up(&mut self) {
        self.open = true;
    }

    /// Whether something went in that is not told from others: what else goes in does not matter then.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// How much went in.
    #[must_use]
    pub fn spent(&self) -> u64 {
        (FUEL - self.fuel) as u64
    }

    fn spend(&mut self, fuel: usize) {
        match self.fuel.checked_sub(fuel) {
            Some(left) => self.fuel = left,
            None => self.open = true,
        }
    }

    /// Takes an origin in.
    pub fn origin(&mut self, origin: &Origin) {
        match origin {
            Origin::Unidentified | Origin::Fresh | Origin::Hidden | Origin::HiddenLiteral | Origin::Problem => {
                self.open = true;
            }
            Origin::Input { scope, name } => {
                self.mark(20);
                self.text(scope);
                self.text(name);
            }
            Origin::Attribute { address, path } => {
                self.mark(21);
                self.text(address);
                self.text(path);
            }
            Origin::Expression(expression) => {
                self.mark(22);
                self.expression(expression);
            }
            Origin::Element { of, at } => {
                self.mark(23);
                self.origin(of);
                match at {
                    Position::At(name) => self.text(name),
                    Position::EachValue => self.each(1),
                    Position::EachKey => self.each(2),
                    Position::CountIndex => self.each(3),
                }
            }
            Origin::Rest(of) => {
                self.mark(24);
                self.repeated = true;
                self.origin(of);
            }
            Origin::Length(of) => {
                self.mark(25);
                self.origin(of);
            }
            Origin::Zones(region) => {
                self.mark(26);
                self.text(region);
            }
            Origin::Listed(expression) => {
                self.mark(27);
                self.repeated = true;
                self.expression(expression);
            }
        }
    }

    fn expression(&mut self, expression: &Expression) {
        self.repeated |= expression.repeated;
        self.spend(1);
        if !self.open {
            self.hash.update(expression.digest);
        }
    }

    fn each(&mut self, which: u8) {
        self.repeated = true;
        self.mark(which);
    }

    /// The origin of what all of this makes.
    #[must_use]
    pub fn finish(self) -> Origin {
        if self.open {
            return Origin::Unidentified;
        }
        Origin::Expression(Expression { digest: self.digest(), repeated: self.repeated })
    }

    /// The origin of what a plan says to be made of all of this.
    #[must_use]
    pub fn listed(self) -> Origin {
        if self.open {
            return Origin::Unidentified;
        }
        Origin::Listed(Expression { digest: self.digest(), repeated: self.repeated })
    }

    fn digest(&self) -> [u8; 16] {
        let hash = self.hash.clone().finalize();
        let mut digest = [0; 16];
        digest.copy_from_slice(&hash[..16]);
        digest
    }
}
