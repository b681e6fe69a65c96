//! For which account and region a resource is: by its provider configuration, and by its own argument
//! `region` (every regional resource has it since version 6 of the AWS provider,
//! <https://registry.terraform.io/providers/hashicorp/aws/latest/docs/guides/enhanced-region-support>).

use std::rc::Rc;
use std::sync::Arc;

use super::evaluate::Evaluator;
use super::module::{Provider, Resource};
use super::scope::{Instance, Scope};
use super::syntax::{Expr, render};
use crate::iac::deployment::{Site, SitePart};
use crate::iac::value::Value;

impl Evaluator<'_> {
    /// Finds out where the provider configurations of the root module are for.
    pub(super) fn locate(&self, root: &Rc<Instance>) {
        for (name, provider) in &root.module.providers {
            let site = self.of_provider(root, name, provider);
            self.sites.borrow_mut().insert(name.clone(), site);
        }
    }

    /// Where a resource is, and what tells that from where the default configuration is for.
    pub(super) fn site(&self, instance: &Rc<Instance>, resource: &Resource, body: &Value) -> (Site, Option<Arc<str>>) {
        let name = resource.provider.clone().unwrap_or_else(|| {
            let end = resource.kind.find('_').unwrap_or(resource.kind.len());
            Arc::from(&resource.kind[..end])
        });
        let (name, mut site) = self.configuration(instance, &name);
        if resource.kind.starts_with("aws_") {
            match body.get("region") {
                None | Some(Value::Null) => {}
                Some(Value::Text(region)) => site.region = SitePart::Named(region.clone()),
                Some(_) => site.region = SitePart::Unknown(Arc::from(instance.qualify(&resource.address()))),
            }
        }
        let default = self.sites.borrow().get("aws").cloned().unwrap_or_default();
        let elsewhere = site.elsewhere(&default, name.contains('.').then_some(&name));
        (site, elsewhere)
    }

    /// A provider configuration by its name in a module: its name in the root module, and where it is for.
    pub(super) fn configuration(&self, instance: &Rc<Instance>, name: &Arc<str>) -> (Arc<str>, Site) {
        let passed = instance.providers.get(name);
        if let (None, false, Some(own)) = (passed, instance.address.is_empty(), instance.module.providers.get(name)) {
            let qualified: Arc<str> = Arc::from(instance.qualify(name));
            let site = self.of_provider(instance, &qualified, own);
            return (qualified, site);
        }
        let name = passed.unwrap_or(name).clone();
        let known = self.sites.borrow().get(&name).cloned();
        let site = known.unwrap_or_else(|| {
            // One that is not written is that of the environment, if it has no alias.
            if name.contains('.') { Site::unknown(&name) } else { Site::default() }
        });
        (name, site)
    }

    fn of_provider(&self, instance: &Rc<Instance>, name: &Arc<str>, provider: &Provider) -> Site {
        let unknown = || SitePart::Unknown(name.clone());
        let scope = Scope::of(instance);
        let region = match provider.region.as_ref().map(|region| self.value(region, &scope)) {
            None | Some(Value::Null) => SitePart::Environment,
            Some(Value::Text(region)) => SitePart::Named(region),
            Some(_) => unknown(),
        };
        if provider.repeated {
            return Site::unknown(name);
        }
        Site { account: self.account(&scope, provider).unwrap_or_else(unknown), region }
    }

    /// The account of a configuration; `None` where it is not known.
    fn account(&self, scope: &Scope<'_>, provider: &Provider) -> Option<SitePart> {
        if let Some(Value::List(accounts)) = provider.allowed_accounts.as_ref().map(|list| self.value(list, scope))
            && let [Value::Text(account)] = &**accounts
        {
            return Some(SitePart::Named(account.clone()));
        }
        if let Some(role) = &provider.role {
            return match self.value(role, scope) {
                Value::Text(arn) => SitePart::of_role(&arn),
                // The same expression is the same role.
                _ => Some(SitePart::Named(Arc::from(render(role)))).filter(|_| is_plain(role)),
            };
        }
        let mut named = String::new();
        for (argument, value) in &provider.credentials {
            match self.value(value, scope) {
                Value::Text(text) => named.push_str(&format!("{argument} {text} ")),
                Value::List(_) | Value::Map(_) | Value::Null => {}
                _ => return None,
            }
        }
        Some(if named.is_empty() { SitePart::Environment } else { SitePart::Named(Arc::from(named.trim_end())) })
    }
}

/// Whether an expression names one thing, and is the same wherever it is written in the root module.
fn is_plain(expression: &Expr) -> bool {
    matches!(expression, Expr::Traverse(..))
}
