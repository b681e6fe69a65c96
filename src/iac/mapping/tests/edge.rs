//! What faces the network, and what runs behind it: load balancers, distributions, clusters,
//! repositories, tasks, functions, services, groups, APIs, user pools and web ACLs.

use super::*;
use crate::model::resource::Resource;
use serde_json::json;

fn mapped(blocks: Vec<Block>) -> Mapped {
    terraform(Mappings::built_in(), blocks)
}

fn templated(blocks: Vec<Block>) -> Mapped {
    cloudformation(Mappings::built_in(), blocks)
}

/// The attributes that are known.
fn known(resource: &Resource) -> serde_json::Value {
    resource.attributes.known_json()
}

#[test]
fn a_bare_load_balancer_faces_the_internet_without_logs_and_web_acl() {
    let bare = json!({"load_balancer_type": "application", "scheme": "internet-facing",
        "attributes": [{"key": "access_logs.s3.enabled", "value": "false"}]});
    for kind in ["aws_lb", "aws_alb"] {
        let mapped = mapped(vec![block(&format!("{kind}.a"), &json!({"name": "web"}))]);
        let balancer = of(&mapped, &format!("{kind}.a"));
        assert_eq!((known(balancer), &balancer.unknown()), (bare.clone(), &BTreeMap::new()));
        assert_eq!(balancer.identity.name, "web");
    }
    let mapped = templated(vec![template("Web", "AWS::ElasticLoadBalancingV2::LoadBalancer", &json!({}))]);
    let balancer = of(&mapped, "Web");
    assert_eq!(balancer.attributes["scheme"], "internet-facing");
    assert_eq!((&balancer.attributes["attributes"], balancer.unknown().is_empty()), (&Tree::from(json!([])), true));
}

#[test]
fn a_load_balancer_has_the_web_acl_of_its_association_whichever_that_is() {
    let mapped = mapped(vec![
        block(
            "aws_lb.a",
            &json!({"internal": false, "access_logs": [{"bucket": {"$ref": "aws_s3_bucket.l.id"}, "enabled": true}]}),
        ),
        block("aws_lb.b", &json!({"internal": true, "access_logs": [{"bucket": "l"}]})),
        block("aws_lb.gate", &json!({"load_balancer_type": "gateway"})),
        block(
            "aws_wafv2_web_acl_association.a",
            &json!({"resource_arn": {"$ref": "aws_lb.a.arn"}, "web_acl_arn": {"$var": "var.acl"}}),
        ),
        block(
            "aws_wafv2_web_acl_association.api",
            &json!({"resource_arn": {"$ref": "aws_api_gateway_stage.s.arn"}, "web_acl_arn": "arn:acl"}),
        ),
        block("aws_api_gateway_stage.s", &json!({"stage_name": "prod", "rest_api_id": "x"})),
    ]);
    let (a, b) = (of(&mapped, "aws_lb.a"), of(&mapped, "aws_lb.b"));
    assert!(a.attributes.knows("web_acl_arn"));
    assert_eq!(a.attributes["attributes"], json!([{"key": "access_logs.s3.enabled", "value": "true"}]));
    assert!(!b.attributes.knows("web_acl_arn") && b.unknown().is_empty());
    assert_eq!(b.attributes["scheme"], "internal");
    assert_eq!(b.attributes["attributes"], json!([{"key": "access_logs.s3.enabled", "value": "false"}]));
    assert_eq!(of(&mapped, "aws_lb.gate").attributes.get("scheme"), None);
    let balancers = mapped.resources.iter().filter(|one| one.identity.r#type.ends_with("LoadBalancer")).count();
    let services = mapped.resources.iter().filter(|one| one.identity.r#type.ends_with("Runner::Service")).count();
    assert_eq!((balancers, services), (3, 0), "an association of something else is no load balancer");
}

#[test]
fn an_association_with_nobody_knows_what_leaves_the_web_acl_open() {
    let mapped = mapped(vec![
        block("aws_lb.a", &json!({})),
        block(
            "aws_wafv2_web_acl_association.a",
            &json!({"resource_arn": {"$var": "var.arn"}, "web_acl_arn": "arn:acl"}),
        ),
    ]);
    assert!(of(&mapped, "aws_lb.a").unknown().contains_key("/web_acl_arn"));
}

#[test]
fn a_listener_carries_its_rules_and_the_type_of_its_load_balancer() {
    let mapped = mapped(vec![
        block("aws_lb.n", &json!({"load_balancer_type": "network"})),
        block("aws_lb.a", &json!({})),
        block(
            "aws_lb_listener.http",
            &json!({"load_balancer_arn": {"$ref": "aws_lb.a.arn"}, "port": 80,
            "default_action": [{"type": "redirect", "redirect": [{"port": "443", "status_code": "HTTP_301"}]}]}),
        ),
        block(
            "aws_lb_listener_rule.r",
            &json!({"listener_arn": {"$ref": "aws_lb_listener.http.arn"}, "priority": 10,
            "action": [{"type": "forward"}]}),
        ),
        block(
            "aws_lb_listener_rule.elsewhere",
            &json!({"listener_arn": {"$var": "var.listener"}, "action": [{"type": "forward"}]}),
        ),
        block(
            "aws_lb_listener.tls",
            &json!({"load_balancer_arn": {"$ref": "aws_lb.n.arn"}, "port": 443, "protocol": "TLS",
            "default_action": [{"type": "forward"}]}),
        ),
        block(
            "aws_lb_listener.gate",
            &json!({"load_balancer_arn": {"$ref": "aws_lb.g.arn"}, "default_action": [{"type": "forward"}]}),
        ),
        block("aws_lb.g", &json!({"load_balancer_type": "gateway"})),
    ]);
    let http = of(&mapped, "aws_lb_listener.http");
    assert_eq!(
        (&http.attributes["protocol"], &http.attributes["load_balancer_type"]),
        (&Tree::from(json!("HTTP")), &Tree::from(json!("application")))
    );
    assert_eq!(
        http.attributes["default_actions"],
        json!([{"type": "redirect", "redirect_config": {"protocol": "#{protocol}", "port": "443", "status_code": "HTTP_301"}}])
    );
    assert_eq!(http.attributes["rules"][0], json!({"priority": "10", "actions": [{"type": "forward"}]}));
    assert!(http.unknown().keys().any(|at| at.starts_with("/rules/1")), "{:?}", http.unknown());
    assert!(!http.attributes.knows("ssl_policy"));
    let tls = of(&mapped, "aws_lb_listener.tls");
    assert_eq!(
        (&tls.attributes["ssl_policy"], &tls.attributes["load_balancer_type"]),
        (&Tree::from(json!("ELBSecurityPolicy-2016-08")), &Tree::from(json!("network")))
    );
    assert!(!of(&mapped, "aws_lb_listener.gate").attributes.knows("protocol"));
    let listeners = mapped.resources.iter().filter(|one| one.identity.r#type.ends_with("::Listener")).count();
    assert_eq!(listeners, 3, "a rule of a listener elsewhere is none itself");
}

#[test]
fn a_distribution_that_says_nothing_has_the_defaults() {
    let mapped = templated(vec![template(
        "Site",
        "AWS::CloudFront::Distribution",
        &json!({"DistributionConfig": {"Enabled": true, "DefaultCacheBehavior": {"ViewerProtocolPolicy": "allow-all"}}}),
    )]);
    assert_eq!(
        known(of(&mapped, "Site")),
        json!({"enabled": true, "default_cache_behavior": {"viewer_protocol_policy": "allow-all"}, "cache_behaviors": [],
            "viewer_certificate": {"cloud_front_default_certificate": true, "minimum_protocol_version": "TLSv1"},
            "logging": {"enabled": false}, "log_deliveries": []})
    );
}

#[test]
fn the_logs_of_a_distribution_are_told_in_either_form() {
    let site = |more: serde_json::Value| {
        let mut body = json!({"enabled": true, "web_acl_id": "",
            "default_cache_behavior": [{"viewer_protocol_policy": "https-only"}],
            "ordered_cache_behavior": [{"path_pattern": "/a", "viewer_protocol_policy": "allow-all"}],
            "viewer_certificate": [{"acm_certificate_arn": {"$ref": "aws_acm_certificate.c.arn"}, "minimum_protocol_version": "TLSv1.2_2021"}]});
        body.as_object_mut().expect("a map").extend(more.as_object().cloned().unwrap_or_default());
        body
    };
    let mapped = mapped(vec![
        block(
            "aws_cloudfront_distribution.a",
            &site(json!({"logging_config": [{"bucket": {"$ref": "aws_s3_bucket.l.bucket_domain_name"}}]})),
        ),
        block("aws_cloudfront_distribution.b", &site(json!({}))),
        block("aws_cloudfront_distribution.c", &site(json!({"web_acl_id": {"$ref": "aws_wafv2_web_acl.w.arn"}}))),
        block(
            "aws_cloudwatch_log_delivery_source.b",
            &json!({"name": "site", "resource_arn": {"$ref": "aws_cloudfront_distribution.b.arn"}, "log_type": "ACCESS_LOGS"}),
        ),
        block(
            "aws_cloudwatch_log_delivery.b",
            &json!({"delivery_source_name": {"$ref": "aws_cloudwatch_log_delivery_source.b.name"}, "delivery_destination_arn": "arn:d"}),
        ),
    ]);
    let a = of(&mapped, "aws_cloudfront_distribution.a");
    assert_eq!(a.attributes["logging"]["enabled"], true);
    assert_eq!(a.attributes["viewer_certificate"]["cloud_front_default_certificate"], false);
    assert_eq!(a.attributes["cache_behaviors"][0]["viewer_protocol_policy"], "allow-all");
    assert!(!a.attributes.knows("web_acl_id") && a.unknown().is_empty(), "{:?}", a.unknown());
    let b = of(&mapped, "aws_cloudfront_distribution.b");
    assert_eq!(b.attributes["logging"], json!({"enabled": false}));
    assert_eq!(
        b.attributes["log_deliveries"],
        json!([{"delivery_source_name": "${aws_cloudwatch_log_delivery_source.b.name}", "delivery_destination_arn": "arn:d"}])
    );
    let c = of(&mapped, "aws_cloudfront_distribution.c");
    assert_eq!(
        (&c.attributes["log_deliveries"], &c.attributes["web_acl_id"]),
        (&Tree::from(json!([])), &Tree::from(json!("${aws_wafv2_web_acl.w.arn}")))
    );
}

#[test]
fn a_cluster_is_public_where_nothing_is_written() {
    let mapped = mapped(vec![
        block("aws_eks_cluster.a", &json!({"name": "a", "vpc_config": [{"subnet_ids": ["s"]}]})),
        block(
            "aws_eks_cluster.b",
            &json!({"name": "b", "vpc_config": [{"public_access_cidrs": ["203.0.113.0/24", {"$var": "var.office"}]}],
            "encryption_config": [{"resources": ["secrets"], "provider": [{"key_arn": {"$ref": "aws_kms_key.k.arn"}}]}]}),
        ),
    ]);
    let a = of(&mapped, "aws_eks_cluster.a");
    assert_eq!(
        a.attributes["resources_vpc_config"],
        json!({"endpoint_public_access": true, "endpoint_private_access": false, "public_access_cidrs": ["0.0.0.0/0"]})
    );
    assert_eq!(a.attributes["encryption_config"], json!([]));
    let b = of(&mapped, "aws_eks_cluster.b");
    assert!(b.unknown().contains_key("/resources_vpc_config/public_access_cidrs/1"), "{:?}", b.unknown());
    assert_eq!(
        b.attributes["encryption_config"],
        json!([{"resources": ["secrets"], "provider": {"key_arn": "${aws_kms_key.k.arn}"}}])
    );
}

#[test]
fn a_repository_has_its_policy_and_the_scanning_of_the_registry() {
    let policy = json!({"$json": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"}]}});
    let mapped = mapped(vec![
        block("aws_ecr_repository.a", &json!({"name": "team/a"})),
        block(
            "aws_ecr_repository.b",
            &json!({"name": "b", "image_tag_mutability": "IMMUTABLE", "image_scanning_configuration": [{"scan_on_push": true}]}),
        ),
        block(
            "aws_ecr_repository_policy.a",
            &json!({"repository": {"$ref": "aws_ecr_repository.a.name"}, "policy": policy}),
        ),
        block(
            "aws_ecr_registry_scanning_configuration.r",
            &json!({"scan_type": "ENHANCED", "rule": [{"scan_frequency": "CONTINUOUS_SCAN",
            "repository_filter": [{"filter": "*", "filter_type": "WILDCARD"}]}]}),
        ),
    ]);
    let a = of(&mapped, "aws_ecr_repository.a");
    assert_eq!(
        (&a.attributes["image_tag_mutability"], &a.attributes["image_scanning_configuration"]),
        (&Tree::from(json!("MUTABLE")), &Tree::from(json!({"scan_on_push": false})))
    );
    assert_eq!(a.attributes["repository_policy"]["statements"][0]["principal"]["any"], true);
    let b = of(&mapped, "aws_ecr_repository.b");
    assert!(!b.attributes.knows("repository_policy") && b.unknown().is_empty(), "{:?}", b.unknown());
    for repository in [a, b] {
        assert_eq!(
            repository.attributes["registry_scanning"],
            json!({"scan_type": "ENHANCED", "rules": [{"scan_frequency": "CONTINUOUS_SCAN", "repository_filters": [{"filter": "*", "filter_type": "WILDCARD"}]}]})
        );
    }
}

#[test]
fn containers_are_read_from_text_with_what_is_unknown_in_its_place() {
    let containers = json!([
        {"name": "a", "image": "x", "privileged": true, "logConfiguration": {"logDriver": "awslogs", "options": {}}},
        {"name": "b", "image": "x", "logConfiguration": null}
    ]);
    let parts = json!({"$text": ["[{\"name\": \"a\", \"image\": \"", {"$var": "var.image"}, "\", \"privileged\": ", {"$var": "var.privileged"}, "}]"]});
    let mapped = mapped(vec![
        block("aws_ecs_task_definition.text", &json!({"family": "t", "container_definitions": containers.to_string()})),
        block(
            "aws_ecs_task_definition.encoded",
            &json!({"family": "t", "container_definitions": {"$json": containers}}),
        ),
        block("aws_ecs_task_definition.parts", &json!({"family": "t", "container_definitions": parts})),
        block(
            "aws_ecs_task_definition.unknown",
            &json!({"family": "t", "container_definitions": {"$var": "var.containers"}}),
        ),
    ]);
    for id in ["aws_ecs_task_definition.text", "aws_ecs_task_definition.encoded"] {
        let task = of(&mapped, id);
        assert_eq!(
            task.attributes["container_definitions"],
            json!([{"name": "a", "privileged": true, "log_configuration": {"log_driver": "awslogs"}}, {"name": "b"}])
        );
        assert!(task.unknown().is_empty(), "{:?}", task.unknown());
    }
    let parts = of(&mapped, "aws_ecs_task_definition.parts");
    assert_eq!(parts.attributes["container_definitions"].known_json(), json!([{"name": "a"}]));
    assert!(parts.unknown().contains_key("/container_definitions/0/privileged"), "{:?}", parts.unknown());
    assert!(of(&mapped, "aws_ecs_task_definition.unknown").unknown().contains_key("/container_definitions"));
}

#[test]
fn permissions_make_the_policy_of_a_function() {
    let permission = |more: serde_json::Value| {
        let mut body = json!({"function_name": {"$ref": "aws_lambda_function.f.function_name"}, "action": "lambda:InvokeFunction"});
        body.as_object_mut().expect("a map").extend(more.as_object().cloned().unwrap_or_default());
        body
    };
    let mapped = mapped(vec![
        block("aws_lambda_function.f", &json!({"function_name": "f", "runtime": "python3.13"})),
        block("aws_lambda_function.g", &json!({"function_name": "g", "package_type": "Image"})),
        block("aws_lambda_permission.any", &permission(json!({"principal": "*"}))),
        block(
            "aws_lambda_permission.own",
            &permission(json!({"principal": "*", "source_account": {"$ref": "data.aws_caller_identity.c.account_id"}})),
        ),
        block("aws_lambda_permission.s3", &permission(json!({"principal": "s3.amazonaws.com"}))),
        block("aws_lambda_permission.account", &permission(json!({"principal": "111122223333"}))),
        block(
            "aws_lambda_permission.open",
            &permission(json!({"principal": {"$var": "var.principal"}, "source_arn": {"$var": "var.arn"}})),
        ),
        block(
            "aws_lambda_function_url.g",
            &json!({"function_name": {"$ref": "aws_lambda_function.g.arn"}, "authorization_type": "NONE"}),
        ),
    ]);
    let f = of(&mapped, "aws_lambda_function.f");
    let statements = f.attributes["policy"]["statements"].as_array().expect("a list");
    assert_eq!(statements.len(), 5);
    assert_eq!(statements[0]["principal"]["any"], true);
    assert_eq!(statements[0]["conditions"], json!([]));
    assert_eq!(
        statements[1]["conditions"],
        json!([{"operator": "StringEquals", "key": "AWS:SourceAccount", "values": ["code"]}])
    );
    assert_eq!(statements[2]["principal"]["service"], json!(["s3.amazonaws.com"]));
    assert_eq!(statements[3]["principal"]["aws"], json!(["111122223333"]));
    assert!(f.unknown().contains_key("/policy/statements/4/principal"), "{:?}", f.unknown());
    assert!(f.unknown().contains_key("/policy/statements/4/conditions/0"), "{:?}", f.unknown());
    assert_eq!(
        (&f.attributes["url_configs"], &f.attributes["package_type"]),
        (&Tree::from(json!([])), &Tree::from(json!("Zip")))
    );
    let g = of(&mapped, "aws_lambda_function.g");
    assert_eq!(
        (&g.attributes["url_configs"], &g.attributes["policy"]["statements"]),
        (&Tree::from(json!([{"auth_type": "NONE"}])), &Tree::from(json!([])))
    );
}

#[test]
fn the_permissions_of_a_template_say_the_same() {
    let mapped = templated(vec![
        template("F", "AWS::Lambda::Function", &json!({"Code": {"ImageUri": "x"}})),
        template(
            "P",
            "AWS::Lambda::Permission",
            &json!({"FunctionName": {"$ref": "F.Arn"}, "Principal": "*", "Action": "lambda:InvokeFunction"}),
        ),
        template("U", "AWS::Lambda::Url", &json!({"TargetFunctionArn": {"$ref": "F.Arn"}, "AuthType": "AWS_IAM"})),
    ]);
    let function = of(&mapped, "F");
    assert_eq!(function.attributes["package_type"], "Image");
    assert_eq!(function.attributes["policy"]["statements"][0]["principal"]["any"], true);
    assert_eq!(function.attributes["url_configs"], json!([{"auth_type": "AWS_IAM"}]));
}

#[test]
fn a_group_has_the_zones_of_its_subnets() {
    let mapped = mapped(vec![
        block("aws_subnet.a", &json!({"availability_zone": "eu-central-1a"})),
        block("aws_subnet.b", &json!({"availability_zone": "eu-central-1b"})),
        block("aws_subnet.c", &json!({})),
        block(
            "aws_autoscaling_group.two",
            &json!({"name": "two", "vpc_zone_identifier": [{"$ref": "aws_subnet.a.id"}, {"$ref": "aws_subnet.b.id"}]}),
        ),
        block(
            "aws_autoscaling_group.open",
            &json!({"name": "open", "vpc_zone_identifier": [{"$ref": "aws_subnet.a.id"}, {"$ref": "aws_subnet.c.id"}, {"$var": "var.subnet"}]}),
        ),
        block(
            "aws_autoscaling_group.zones",
            &json!({"name": "zones", "availability_zones": ["eu-central-1a"], "health_check_type": "ELB",
            "target_group_arns": [{"$ref": "aws_lb_target_group.t.arn"}]}),
        ),
        block(
            "aws_autoscaling_group.splat",
            &json!({"name": "splat", "vpc_zone_identifier": {"$some": "aws_subnet.a.id"}}),
        ),
        block(
            "aws_autoscaling_attachment.t",
            &json!({"autoscaling_group_name": {"$ref": "aws_autoscaling_group.two.name"}, "lb_target_group_arn": {"$ref": "aws_lb_target_group.t.arn"}}),
        ),
        block(
            "aws_autoscaling_attachment.elsewhere",
            &json!({"autoscaling_group_name": {"$ref": "aws_eks_node_group.n.resources"}, "elb": "classic"}),
        ),
        block("aws_eks_node_group.n", &json!({})),
        block(
            "aws_autoscaling_traffic_source_attachment.z",
            &json!({"autoscaling_group_name": {"$ref": "aws_autoscaling_group.open.id"}, "traffic_source": [{"identifier": "arn:t", "type": "elbv2"}]}),
        ),
    ]);
    let two = of(&mapped, "aws_autoscaling_group.two");
    assert_eq!(two.attributes["availability_zones"], json!(["eu-central-1a", "eu-central-1b"]));
    assert_eq!(two.attributes["target_group_arns"], json!(["${aws_lb_target_group.t.arn}"]));
    assert_eq!(
        (&two.attributes["health_check_type"], &two.attributes["load_balancer_names"]),
        (&Tree::from(json!("EC2")), &Tree::from(json!([])))
    );
    assert_eq!(two.attributes["vpc_zone_identifier"], json!(["${aws_subnet.a.id}", "${aws_subnet.b.id}"]));
    let open = of(&mapped, "aws_autoscaling_group.open");
    assert_eq!(open.attributes["availability_zones"][0], "eu-central-1a");
    assert!(
        open.unknown().contains_key("/availability_zones/1") && open.unknown().contains_key("/availability_zones/2"),
        "{:?}",
        open.unknown()
    );
    assert_eq!(open.attributes["traffic_sources"], json!([{"identifier": "arn:t", "type": "elbv2"}]));
    let zones = of(&mapped, "aws_autoscaling_group.zones");
    assert_eq!(
        (&zones.attributes["availability_zones"], &zones.attributes["vpc_zone_identifier"]),
        (&Tree::from(json!(["eu-central-1a"])), &Tree::from(json!([])))
    );
    let splat = of(&mapped, "aws_autoscaling_group.splat");
    assert!(
        splat.unknown().contains_key("/vpc_zone_identifier") && splat.unknown().contains_key("/availability_zones")
    );
    assert_eq!(mapped.resources.iter().filter(|one| one.identity.r#type.ends_with("ScalingGroup")).count(), 4);
}

#[test]
fn a_stage_has_the_settings_of_its_methods() {
    let mapped = mapped(vec![
        block(
            "aws_api_gateway_stage.prod",
            &json!({"stage_name": "prod", "rest_api_id": {"$ref": "aws_api_gateway_rest_api.a.id"}}),
        ),
        block(
            "aws_api_gateway_method_settings.all",
            &json!({"stage_name": {"$ref": "aws_api_gateway_stage.prod.stage_name"}, "method_path": "*/*", "settings": [{"logging_level": "INFO"}]}),
        ),
        block(
            "aws_api_gateway_stage.test",
            &json!({"stage_name": "test", "rest_api_id": "x", "access_log_settings": [{"destination_arn": {"$ref": "aws_cloudwatch_log_group.l.arn"}, "format": "f"}]}),
        ),
        block("aws_api_gateway_deployment.old", &json!({"rest_api_id": "x", "stage_name": "old"})),
        block("aws_api_gateway_deployment.new", &json!({"rest_api_id": "x"})),
    ]);
    let prod = of(&mapped, "aws_api_gateway_stage.prod");
    assert_eq!(prod.attributes["method_settings"], json!([{"method_path": "*/*", "logging_level": "INFO"}]));
    assert!(!prod.attributes.knows("access_log_settings") && prod.unknown().is_empty(), "{:?}", prod.unknown());
    let test = of(&mapped, "aws_api_gateway_stage.test");
    assert_eq!(
        (&test.attributes["method_settings"], &test.attributes["access_log_settings"]),
        (&Tree::from(json!([])), &Tree::from(json!({"destination_arn": "${aws_cloudwatch_log_group.l.arn}"})))
    );
    assert_eq!(of(&mapped, "aws_api_gateway_deployment.old").attributes["method_settings"], json!([]));
    assert_eq!(
        mapped.resources.iter().filter(|one| one.identity.r#type.ends_with("::Stage")).count(),
        3,
        "a deployment without a stage is none"
    );
}

#[test]
fn the_stages_of_a_template_say_the_same() {
    let mapped = templated(vec![
        template(
            "S",
            "AWS::ApiGateway::Stage",
            &json!({"StageName": "prod", "MethodSettings": [{"ResourcePath": "/*", "HttpMethod": "*", "LoggingLevel": "ERROR"}, {"ResourcePath": "/orders", "HttpMethod": "GET", "LoggingLevel": "OFF"}]}),
        ),
        template(
            "D",
            "AWS::ApiGateway::Deployment",
            &json!({"StageName": "old", "StageDescription": {"LoggingLevel": "INFO"}}),
        ),
        template("E", "AWS::ApiGateway::Deployment", &json!({})),
    ]);
    assert_eq!(
        of(&mapped, "S").attributes["method_settings"],
        json!([{"method_path": "*/*", "logging_level": "ERROR"}, {"method_path": "/orders", "logging_level": "OFF"}])
    );
    assert_eq!(
        of(&mapped, "D").attributes["method_settings"],
        json!([{"method_path": "*/*", "logging_level": "INFO"}])
    );
    assert_eq!(mapped.resources.len(), 2);
}

#[test]
fn what_says_nothing_of_access_and_second_factors_has_the_defaults() {
    let mapped = mapped(vec![
        block("aws_apprunner_service.s", &json!({"service_name": "s"})),
        block(
            "aws_apprunner_service.t",
            &json!({"service_name": "t", "network_configuration": [{"ingress_configuration": [{"is_publicly_accessible": false}]}]}),
        ),
        block("aws_cognito_user_pool.p", &json!({"name": "p"})),
        block("aws_wafv2_web_acl.w", &json!({"name": "w", "scope": "REGIONAL"})),
        block("aws_wafv2_web_acl.l", &json!({"name": "l", "scope": "REGIONAL"})),
        block(
            "aws_wafv2_web_acl_logging_configuration.l",
            &json!({"resource_arn": {"$ref": "aws_wafv2_web_acl.l.arn"}, "log_destination_configs": [{"$ref": "aws_cloudwatch_log_group.l.arn"}]}),
        ),
    ]);
    let public =
        |id| &of(&mapped, id).attributes["network_configuration"]["ingress_configuration"]["is_publicly_accessible"];
    assert_eq!(
        (public("aws_apprunner_service.s"), public("aws_apprunner_service.t")),
        (&Tree::from(json!(true)), &Tree::from(json!(false)))
    );
    assert_eq!(of(&mapped, "aws_cognito_user_pool.p").attributes["mfa_configuration"], "OFF");
    assert_eq!(known(of(&mapped, "aws_wafv2_web_acl.w")), json!({"scope": "REGIONAL"}));
    assert!(of(&mapped, "aws_wafv2_web_acl.w").unknown().is_empty());
    assert_eq!(
        of(&mapped, "aws_wafv2_web_acl.l").attributes["logging_configuration"],
        json!({"log_destination_configs": ["${aws_cloudwatch_log_group.l.arn}"]})
    );
}

#[test]
fn what_is_required_and_not_written_is_what_aws_does_without_it() {
    let mapped = mapped(vec![
        block("aws_eks_cluster.a", &json!({"name": "a"})),
        block("aws_cloudfront_distribution.a", &json!({})),
        block("aws_guardduty_detector.a", &json!({})),
        block("aws_guardduty_detector.off", &json!({"enable": "false"})),
        block("aws_lb_listener.plain", &json!({"protocol": "http"})),
        block("aws_lb_listener.tls", &json!({"protocol": "tls"})),
    ]);
    let at = |id: &str, attribute: &str| of(&mapped, id).attributes[attribute].clone();
    assert_eq!(
        at("aws_eks_cluster.a", "resources_vpc_config"),
        json!({"endpoint_public_access": true, "endpoint_private_access": false, "public_access_cidrs": ["0.0.0.0/0"]})
    );
    assert_eq!(
        at("aws_cloudfront_distribution.a", "default_cache_behavior"),
        json!({"viewer_protocol_policy": "allow-all"})
    );
    assert_eq!(
        at("aws_cloudfront_distribution.a", "viewer_certificate"),
        json!({"cloud_front_default_certificate": true, "minimum_protocol_version": "TLSv1"})
    );
    assert_eq!(at("aws_guardduty_detector.a", "status"), "ENABLED");
    assert_eq!(at("aws_guardduty_detector.off", "status"), "DISABLED");
    assert_eq!(at("aws_lb_listener.plain", "protocol"), "HTTP");
    assert_eq!(
        (at("aws_lb_listener.tls", "protocol"), at("aws_lb_listener.tls", "ssl_policy")),
        (Tree::from("TLS"), Tree::from("ELBSecurityPolicy-2016-08"))
    );
}

#[test]
fn a_permission_and_a_url_by_themselves_say_nothing_of_the_other() {
    let mapped = mapped(vec![
        block(
            "aws_lambda_permission.p",
            &json!({"function_name": "x", "action": "lambda:InvokeFunction", "principal": "sns.amazonaws.com"}),
        ),
        block("aws_lambda_function_url.u", &json!({"function_name": "y", "authorization_type": "AWS_IAM"})),
        block("aws_lambda_function.i", &json!({"function_name": "z", "image_uri": "x"})),
    ]);
    let permission = of(&mapped, "aws_lambda_permission.p");
    assert_eq!(permission.attributes["url_configs"], json!([]));
    assert_eq!(permission.attributes["policy"]["statements"].as_array().map(<[_]>::len), Some(1));
    let url = of(&mapped, "aws_lambda_function_url.u");
    assert_eq!(url.attributes["url_configs"], json!([{"auth_type": "AWS_IAM"}]));
    assert_eq!(url.attributes["policy"]["statements"], json!([]));
    assert_eq!(of(&mapped, "aws_lambda_function.i").attributes["package_type"], "Image");
}

#[test]
fn what_is_left_out_at_the_edge_is_what_it_is_meant_for() {
    let source = json!({"traffic_source": [
        {"identifier": {"$ref": "aws_lb_target_group.t.arn"}},
        {"identifier": "arn:aws:vpc-lattice:us-east-1:123456789012:targetgroup/tg-1"}]});
    let cache = json!({"cache_behavior": [{"viewer_protocol_policy": "allow-all"}]});
    let made = mapped(vec![block("aws_autoscaling_group.g", &source), block("aws_cloudfront_distribution.d", &cache)]);
    let sources = &of(&made, "aws_autoscaling_group.g").attributes["traffic_sources"];
    assert_eq!(
        (&sources[0]["type"], &sources[1]["type"]),
        (&Tree::from(json!("elbv2")), &Tree::from(json!("vpc-lattice")))
    );
    let behaviors = &of(&made, "aws_cloudfront_distribution.d").attributes["cache_behaviors"];
    assert_eq!(behaviors, &json!([{"viewer_protocol_policy": "allow-all"}]), "as it was called before version 2");
    let logs = |bucket: serde_json::Value| {
        let made = mapped(vec![block(
            "aws_cloudfront_distribution.d",
            &json!({"logging_config": [{"bucket": bucket, "prefix": "x"}]}),
        )]);
        of(&made, "aws_cloudfront_distribution.d").attributes["logging"]["enabled"].clone()
    };
    assert_eq!(logs(json!("")), false, "a bucket without a name is none");
    assert_eq!(logs(json!({"$ref": "aws_s3_bucket.b.bucket_domain_name"})), true);
    let methods = json!({"MethodSettings": [{"ResourcePath": "*", "HttpMethod": "*", "LoggingLevel": "INFO"}]});
    let made = templated(vec![
        template("L", "AWS::ElasticLoadBalancingV2::Listener", &json!({"Port": "80"})),
        template("M", "AWS::ElasticLoadBalancingV2::Listener", &json!({"Port": 443})),
        template("S", "AWS::ApiGateway::Stage", &methods),
    ]);
    assert_eq!(of(&made, "L").attributes["protocol"], "HTTP");
    assert!(!of(&made, "M").attributes.knows("protocol"));
    assert_eq!(of(&made, "S").attributes["method_settings"][0]["method_path"], "*/*");
}

#[test]
fn a_web_acl_of_something_else_is_not_this_ones_though_that_is_not_in_the_code() {
    let association = |arn: &str| json!({"resource_arn": {"$ref": arn}, "web_acl_arn": "x"});
    let acl = |arn: &str| {
        let made = mapped(vec![
            block("aws_lb.a", &json!({"name": "a"})),
            block("aws_wafv2_web_acl_association.w", &association(arn)),
        ]);
        let balancer = of(&made, "aws_lb.a");
        (balancer.attributes.knows("web_acl_arn"), balancer.unknown().contains_key("/web_acl_arn"))
    };
    assert_eq!(acl("aws_lb.a.arn"), (true, false));
    assert_eq!(acl("aws_api_gateway_stage.s.arn"), (false, false));
    assert_eq!(acl("aws_lb.elsewhere.arn"), (false, false), "one of another address is another one");
    assert_eq!(acl("data.aws_lb.elsewhere.arn"), (false, true), "it may be the same one");
    assert_eq!(acl("aws_api_gateway_stage.s.id"), (false, true));
}

#[test]
fn a_principal_that_is_referred_to_or_named_in_part_is_somebody() {
    let principal = |who: serde_json::Value| {
        let made = mapped(vec![block("aws_lambda_permission.p", &json!({"function_name": "f", "principal": who}))]);
        let permission = of(&made, "aws_lambda_permission.p");
        let known = permission.attributes["policy"]["statements"][0]["principal"].known_json();
        (known, permission.unknown().keys().any(|pointer| pointer.contains("/principal")))
    };
    let text = |parts: serde_json::Value| json!({"$text": parts});
    assert_eq!(
        principal(json!({"$ref": "aws_iam_role.r.arn"})),
        (json!({"any": false, "aws": ["${aws_iam_role.r.arn}"]}), false)
    );
    assert_eq!(
        principal(text(json!(["logs.", {"$var": "var.region"}, ".amazonaws.com"]))),
        (json!({"any": false, "service": ["logs.${var.region}.amazonaws.com"]}), false)
    );
    let (known, open) = principal(text(json!([{"$var": "var.service"}, ".amazonaws.com"])));
    assert_eq!((&known["any"], open), (&json!(false), true), "it may be the one of buckets");
    assert!(principal(json!({"$var": "var.who"})).1, "it may be everyone");
}
