//! What a reader makes of code: deployments of blocks, each with the place it is written at.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::exclude::LeftOut;
use super::origin::Origin;
use super::value::{Unknown, Value};

/// The language of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// Terraform or `OpenTofu`: configuration or plan.
    Terraform,
    /// `CloudFormation`, CDK's and SAM's templates too.
    Cloudformation,
}

/// One thing that is deployed as a whole: a Terraform root module with the modules it calls, a plan,
/// or a template. Blocks of different deployments are never joined.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// Where it is: the directory of the root module, the plan or template file, as it is shown.
    pub path: String,
    /// The language it is written in.
    pub language: Language,
    /// What may be deployed. More than one where conditions of a template are undecided.
    pub scenarios: Vec<Scenario>,
    /// What could not be read, and must not be taken for not there: such as a module that is not on
    /// this machine.
    pub missing: Vec<Unknown>,
    /// Those of it that are files of the code itself: any block may have companions there.
    pub unread: Vec<Unknown>,
    /// Of a plan: the resources that it changes, replaces or gives up, as they are before it.
    pub before: Vec<Past>,
}

/// A resource as it is before a plan. Only for comparing verdicts: what is sensitive in it is not marked.
#[derive(Debug, Clone)]
pub struct Past {
    /// The block, without its body.
    pub block: Block,
    /// The body as the plan has it: JSON, which few ask for.
    pub body: Box<str>,
}

/// The blocks of a deployment under assumptions about what is undecided.
#[derive(Debug, Clone, Default)]
pub struct Scenario {
    /// What is deployed more than once, in each of several nested stacks, has a part for each of them:
    /// scenarios of one part exclude each other, parts are there side by side.
    pub part: usize,
    /// What is assumed, each for a reader (`IsProduction is true`); empty where nothing is.
    pub assumptions: Vec<String>,
    /// The blocks that are there.
    pub blocks: Vec<Block>,
}

/// A stretch of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file, as it is shown: the path as given on the command line, joined with what was found
    /// below it, with `/` between parts.
    pub file: Arc<str>,
    /// First line, from 1.
    pub line: u32,
    /// Last line.
    pub end_line: u32,
}

/// A resource as written, one instance of it.
#[derive(Debug, Clone)]
pub struct Block {
    /// Terraform's address (`module.a["x"].aws_s3_bucket.b[0]`) or `CloudFormation`'s logical id.
    pub address: String,
    /// `aws_s3_bucket`, `AWS::S3::Bucket`.
    pub kind: Arc<str>,
    /// Address of the module instance it is in; empty in the root module and in templates.
    pub module: Arc<str>,
    /// The instance key as written in the address, without brackets (`0`, `"eu"`); `None` for a
    /// resource without `count` and `for_each`.
    pub key: Option<Arc<str>>,
    /// The arguments and nested blocks, evaluated: a map. Nested blocks are lists of maps. For
    /// `CloudFormation` its `Properties`.
    pub body: Value,
    /// Where it is written.
    pub place: Place,
    /// The module calls that lead to it, outermost first: address of the call and where it stands.
    pub calls: Vec<(String, Place)>,
    /// Where arguments are written, by path from the body (`ingress/0/cidr_blocks`); as many as the
    /// reader knows. The file is that of [`Self::place`].
    pub spans: BTreeMap<String, (u32, u32)>,
    /// The directives of suppression that stand at it or at a module call that leads to it.
    pub ignores: Vec<Ignore>,
    /// What the plan does to it; `None` outside plans.
    pub change: Option<Change>,
    /// Why it is not known whether, or how many times, it is there.
    pub uncertain: Option<Uncertain>,
    /// Where it lies.
    pub site: Site,
    /// What tells its site from that of the default provider configuration, for a reader: a region
    /// (`us-east-1`), or the configuration it is made with (`aws.frankfurt`). `None` where it lies there.
    pub elsewhere: Option<Arc<str>>,
}

/// An argument that nobody writes: of a bucket, that its Block Public Access was set and no longer is. Where it
/// was never set, it is on.
pub const SETTINGS_TAKEN_AWAY: &str = "settings_taken_away";

impl Block {
    /// Says of a bucket that settings were taken away from it.
    pub fn take_settings_away(&mut self) {
        if let Value::Map(members) = &mut self.body {
            Arc::make_mut(members).insert(Arc::from(SETTINGS_TAKEN_AWAY), Value::Bool(true));
        }
    }
}

/// Where what a block makes lies, as far as the code says it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Site {
    /// The account: a number, or what the credentials are named by.
    pub account: SitePart,
    /// The region.
    pub region: SitePart,
}

/// The account or the region of a site.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SitePart {
    /// That of the environment in which the code is run.
    #[default]
    Environment,
    /// This one.
    Named(Arc<str>),
    /// One that is not known: that of the provider configuration, or of the block, of this name.
    Unknown(Arc<str>),
}

/// What belongs to an account belongs to all its regions; what belongs to a region, to that alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// All regions of the account.
    Account,
    /// The region.
    Region,
}

impl SitePart {
    /// The account of a role, by its ARN; `None` where that is no ARN.
    #[must_use]
    pub fn of_role(arn: &str) -> Option<Self> {
        arn.split(':').nth(4).map(|account| Self::Named(Arc::from(account)))
    }
}

impl Site {
    /// The site of a provider configuration of which nothing is known but its name.
    #[must_use]
    pub fn unknown(configuration: &Arc<str>) -> Self {
        let part = SitePart::Unknown(configuration.clone());
        Self { account: part.clone(), region: part }
    }

    /// Whether another site is the same account, or the same region of it; `None` where it is not known.
    /// A configuration that names credentials is for another account than that of the environment: why
    /// else would it name them.
    #[must_use]
    pub fn is_with(&self, other: &Self, reach: Reach) -> Option<bool> {
        let account = match (&self.account, &other.account) {
            (one, other) if one == other => Some(true),
            (SitePart::Unknown(_), _) | (_, SitePart::Unknown(_)) => None,
            _ => Some(false),
        };
        let region = match (&self.region, &other.region) {
            _ if reach == Reach::Account => Some(true),
            (one, other) if one == other => Some(true),
            (SitePart::Named(_), SitePart::Named(_)) => Some(false),
            _ => None,
        };
        match (account, region) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        }
    }

    /// What tells this site from that of the default provider configuration; `configuration` names the one
    /// that it is of.
    #[must_use]
    pub fn elsewhere(&self, default: &Self, configuration: Option<&Arc<str>>) -> Option<Arc<str>> {
        if self == default {
            return None;
        }
        match &self.region {
            SitePart::Named(region) if self.account == default.account => Some(region.clone()),
            _ => configuration.cloned().or_else(|| Some(Arc::from("another region"))),
        }
    }
}

/// Why it is not known whether, or how many times, a block is there. What is not known has the origin of the
/// collection, of the number or of the condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Uncertain {
    /// The collection that there is one of it for each of (`for_each`).
    ForEach(Arc<Unknown>),
    /// Their number (`count`).
    Count(Arc<Unknown>),
    /// The condition on which it is there.
    Condition(Arc<Unknown>),
}

impl Uncertain {
    /// What is not known.
    #[must_use]
    pub fn unknown(&self) -> &Arc<Unknown> {
        match self {
            Self::ForEach(unknown) | Self::Count(unknown) | Self::Condition(unknown) => unknown,
        }
    }

    /// Whether this block and another are there in the same cases, as many times.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let alike = std::mem::discriminant(self) == std::mem::discriminant(other);
        let origin = &self.unknown().origin;
        alike && origin.is_identified() && *origin == other.unknown().origin
    }

    /// Whether there is one for each instance of the block with this address, which has no instance key.
    #[must_use]
    pub fn is_for_each_of(&self, block: &str) -> bool {
        let of = match self {
            Self::ForEach(unknown) => &unknown.origin,
            Self::Count(unknown) => match &unknown.origin {
                Origin::Length(of) => of,
                _ => return false,
            },
            Self::Condition(_) => return false,
        };
        matches!(of, Origin::Attribute { address, path } if **address == *block && path.is_empty())
    }
}

/// What a plan does to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It stays as it is (`no-op`).
    None,
    /// It is made, replaced, or changed in place.
    Made,
}

/// A directive of suppression beside the code, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignore {
    /// Where it is written.
    pub place: Place,
    /// The control it names.
    pub control: String,
    /// Why the exception is accepted.
    pub reason: Option<String>,
    /// Its last day as written; an ISO 8601 date if it is well formed.
    pub until: Option<String>,
    /// What is wrong with it, where it cannot be read. Such a directive suppresses nothing.
    pub malformed: Option<String>,
    /// Address of the block or module call that it stands at.
    pub at: String,
}

/// Everything that was read.
#[derive(Debug, Default)]
pub struct Code {
    /// The deployments, in the order they were found.
    pub deployments: Vec<Deployment>,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// What says nothing that could be judged, and what to give in its place.
    pub notes: Vec<Problem>,
    /// The text of every file that a [`Place`] names, and of every file of variables' values, by its
    /// shown path.
    pub files: BTreeMap<Arc<str>, Arc<str>>,
    /// Every directive found, those that stand at nothing too.
    pub ignores: Vec<Ignore>,
    /// What patterns left out.
    pub left_out: Vec<LeftOut>,
    /// The root modules among it, as they are shown: set by [`Self::without_left_out`].
    pub left_out_roots: BTreeSet<String>,
}

/// A file, or a part of one, that could not be read. The run is incomplete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file as shown.
    pub file: String,
    /// The line, where one is to blame.
    pub line: Option<u32>,
    /// What is wrong; fits after "could not".
    pub message: String,
}

impl Code {
    /// Puts what another reader read beside this.
    pub fn append(&mut self, other: Self) {
        self.deployments.extend(other.deployments);
        self.problems.extend(other.problems);
        self.notes.extend(other.notes);
        self.files.extend(other.files);
        self.ignores.extend(other.ignores);
        self.left_out.extend(other.left_out);
    }

    /// Whether nothing is judged of what is written in this file where it is deployed from this root module: the
    /// module and the file were left out. From another root it is as much deployed as anything.
    #[must_use]
    pub fn is_left_out(&self, deployment: &str, file: &str) -> bool {
        self.left_out_roots.contains(deployment) && self.left_out.iter().any(|left_out| left_out.covers(file))
    }

    /// Whether a file is one of a root module that was left out: nothing is said of it.
    #[must_use]
    pub fn is_of_left_out_root(&self, file: &str) -> bool {
        self.left_out_roots.contains(file.rsplit_once('/').map_or(".", |(directory, _)| directory))
            || self.left_out_roots.contains(file)
    }

    /// Lets go of what is said of root modules that were left out. One of them stays where something that it calls
    /// lies outside of what was left out: it tells with which arguments.
    #[must_use]
    pub fn without_left_out(mut self) -> Self {
        let left_out = std::mem::take(&mut self.left_out);
        let covers = |file: &str| left_out.iter().any(|left_out| left_out.covers(file));
        let roots = self.deployments.iter().map(|deployment| &deployment.path).filter(|path| covers(path));
        self.left_out_roots = roots.cloned().collect();
        self.deployments.retain(|deployment| {
            let blocks = || deployment.scenarios.iter().flat_map(|scenario| &scenario.blocks);
            !covers(&deployment.path) || blocks().any(|block| !covers(&block.place.file))
        });
        self.left_out = left_out;
        let problems = std::mem::take(&mut self.problems);
        self.problems = problems.into_iter().filter(|problem| !self.is_of_left_out_root(&problem.file)).collect();
        self
    }
}

/// The account of what is written in code, as resources carry it.
pub const ACCOUNT: &str = "code";

/// The region of what is written in code, where its block names no provider configuration.
pub const REGION: &str = "code";
