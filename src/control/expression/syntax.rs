//! The syntax tree of an expression: what stands where, with nothing resolved.

/// A part of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Syntax {
    /// Byte offset in the source where it begins; of an operator, where the operator stands.
    pub(crate) at: usize,
    /// What it is.
    pub(crate) kind: Kind,
    /// Parts on the longest way down, itself included.
    pub(super) depth: usize,
}

/// What a part of an expression is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    /// A value as it stands in the source.
    Literal(Literal),
    /// A variable.
    Name(String),
    /// `of.name`.
    Member(Box<Syntax>, String),
    /// `has(of.name)`.
    Has(Box<Syntax>, String),
    /// `of[index]`.
    Index(Box<Syntax>, Box<Syntax>),
    /// `[a, b]`.
    List(Vec<Syntax>),
    /// `{key: value}`.
    Map(Vec<(Syntax, Syntax)>),
    /// `!a`.
    Not(Box<Syntax>),
    /// `-a`.
    Negate(Box<Syntax>),
    /// `a && b && c`, or the same with `||`.
    Chain(Logic, Vec<Syntax>),
    /// Two operands with an operator between them.
    Binary(Binary, Box<Syntax>, Box<Syntax>),
    /// `condition ? yes : no`.
    Choose(Box<[Syntax; 3]>),
    /// A function, or a method where there is a target.
    Call {
        /// `target.name(…)`.
        target: Option<Box<Syntax>>,
        /// Name of the function.
        name: String,
        /// Its arguments.
        args: Vec<Syntax>,
    },
    /// `over.all(variable, body)` and its like.
    Each(Box<Each>),
}

/// A value as it stands in the source.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Literal {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// A text in quotes.
    Text(String),
}

/// The operators that are answered without their other operand where one decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Logic {
    /// `&&`.
    And,
    /// `||`.
    Or,
}

/// The operators that need both operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Binary {
    /// `==`.
    Equal,
    /// `!=`.
    Differ,
    /// `in`.
    In,
    /// `<`.
    Less,
    /// `<=`.
    LessOrEqual,
    /// `>`.
    Greater,
    /// `>=`.
    GreaterOrEqual,
    /// `+`.
    Add,
    /// `-`.
    Subtract,
    /// `*`.
    Multiply,
    /// `/`.
    Divide,
    /// `%`.
    Remainder,
}

/// Something asked of each element of a list.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Each {
    /// What is asked.
    pub(crate) ask: Ask,
    /// The list.
    pub(crate) over: Syntax,
    /// The name of the element.
    pub(crate) variable: String,
    /// Which elements are looked at, where `map` says so.
    pub(crate) only: Option<Syntax>,
    /// What is worked out for each element.
    pub(crate) body: Syntax,
}

/// What is asked of the elements of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ask {
    /// Whether the body holds for all.
    All,
    /// Whether it holds for one or more.
    Exists,
    /// Whether it holds for exactly one.
    One,
    /// The elements for which it holds.
    Filter,
    /// What it comes to, for each.
    Map,
}

impl Syntax {
    pub(super) fn new(at: usize, kind: Kind) -> Self {
        let mut made = Self { at, kind, depth: 0 };
        made.depth = 1 + made.children().iter().map(|child| child.depth).max().unwrap_or(0);
        made
    }

    /// The parts directly below.
    pub(crate) fn children(&self) -> Vec<&Self> {
        match &self.kind {
            Kind::Literal(_) | Kind::Name(_) => Vec::new(),
            Kind::Member(of, _) | Kind::Has(of, _) | Kind::Not(of) | Kind::Negate(of) => vec![of],
            Kind::Index(one, other) | Kind::Binary(_, one, other) => vec![one, other],
            Kind::List(parts) | Kind::Chain(_, parts) => parts.iter().collect(),
            Kind::Map(entries) => entries.iter().flat_map(|(key, value)| [key, value]).collect(),
            Kind::Choose(parts) => parts.iter().collect(),
            Kind::Call { target, args, .. } => target.as_deref().into_iter().chain(args).collect(),
            Kind::Each(each) => {
                [Some(&each.over), each.only.as_ref(), Some(&each.body)].into_iter().flatten().collect()
            }
        }
    }

    /// How deep `all` and its like are nested.
    pub(super) fn nesting(&self) -> usize {
        let below = self.children().into_iter().map(Self::nesting).max().unwrap_or(0);
        below + usize::from(matches!(self.kind, Kind::Each(_)))
    }
}
