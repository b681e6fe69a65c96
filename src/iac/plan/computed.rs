//! What the provider computes where nothing is written.
//!
//! In a plan such an argument is unknown as a whole, as a `dynamic` block over an unknown collection is. The
//! arguments with `Optional` and `Computed` in the schemas of the provider
//! (<https://github.com/hashicorp/terraform-provider-aws/tree/main/internal/service>) that are lists, sets or
//! nested blocks, and those that are computed only; many seen in plans. Of a resource that is not here, or
//! an argument, what is unknown as a whole stays unknown.

use std::sync::Arc;

/// By type of the resource, the paths, sorted.
const COMPUTED: &[(&str, &[&str])] = &[
    ("aws_alb", &["security_groups", "subnet_mapping", "subnets"]),
    ("aws_alb_listener", &["mutual_authentication"]),
    ("aws_ami", &["ebs_block_device", "ephemeral_block_device"]),
    ("aws_api_gateway_domain_name", &["endpoint_configuration"]),
    (
        "aws_api_gateway_rest_api",
        &["binary_media_types", "endpoint_configuration", "endpoint_configuration.vpc_endpoint_ids"],
    ),
    (
        "aws_apprunner_service",
        &[
            "health_check_configuration",
            "instance_configuration",
            "network_configuration",
            "network_configuration.egress_configuration",
        ],
    ),
    (
        "aws_autoscaling_group",
        &[
            "availability_zone_distribution",
            "capacity_reservation_specification",
            "load_balancers",
            "mixed_instances_policy",
            "traffic_source",
            "vpc_zone_identifier",
        ],
    ),
    (
        "aws_cloudfront_distribution",
        &[
            "default_cache_behavior.cached_methods",
            "default_cache_behavior.grpc_config",
            "default_cache_behavior.trusted_key_groups",
            "default_cache_behavior.trusted_signers",
            "ordered_cache_behavior.grpc_config",
            "ordered_cache_behavior.trusted_key_groups",
            "ordered_cache_behavior.trusted_signers",
            "restrictions.geo_restriction.locations",
            "trusted_key_groups",
            "trusted_signers",
        ],
    ),
    ("aws_codebuild_project", &["secondary_source_version"]),
    ("aws_cognito_identity_pool", &["developer_provider_name"]),
    (
        "aws_cognito_user_pool",
        &[
            "admin_create_user_config",
            "password_policy",
            "sign_in_policy",
            "sms_configuration",
            "username_configuration",
            "verification_message_template",
        ],
    ),
    (
        "aws_config_configuration_recorder",
        &[
            "recording_group",
            "recording_group.exclusion_by_resource_types",
            "recording_group.recording_strategy",
            "recording_mode",
        ],
    ),
    ("aws_dax_cluster", &["nodes", "security_group_ids", "server_side_encryption"]),
    ("aws_db_cluster_snapshot", &["availability_zones"]),
    ("aws_db_instance", &["listener_endpoint", "master_user_secret", "replicas", "vpc_security_group_ids"]),
    ("aws_db_proxy", &["vpc_security_group_ids"]),
    ("aws_default_network_acl", &["egress", "ingress", "subnet_ids"]),
    ("aws_default_route_table", &["route"]),
    ("aws_default_security_group", &["egress", "ingress"]),
    (
        "aws_dms_replication_instance",
        &["replication_instance_private_ips", "replication_instance_public_ips", "vpc_security_group_ids"],
    ),
    ("aws_docdb_cluster", &["availability_zones", "cluster_members", "master_user_secret", "vpc_security_group_ids"]),
    ("aws_dynamodb_table", &["point_in_time_recovery", "server_side_encryption", "ttl"]),
    ("aws_ecs_cluster", &["capacity_providers", "default_capacity_provider_strategy", "setting"]),
    ("aws_ecs_service", &["alarms", "capacity_provider_strategy"]),
    ("aws_efs_file_system", &["lifecycle_policy.transition_to_archive", "protection", "size_in_bytes"]),
    (
        "aws_eks_cluster",
        &[
            "access_config",
            "certificate_authority",
            "identity",
            "kubernetes_network_config",
            "upgrade_policy",
            "vpc_config.public_access_cidrs",
            "vpc_config.security_group_ids",
            "vpc_config.subnet_ids",
        ],
    ),
    ("aws_elasticache_cluster", &["cache_nodes", "security_group_ids"]),
    ("aws_elasticache_replication_group", &["member_clusters", "security_group_ids", "security_group_names"]),
    (
        "aws_elasticache_serverless_cache",
        &["cache_usage_limits", "endpoint", "reader_endpoint", "security_group_ids", "subnet_ids"],
    ),
    (
        "aws_elasticsearch_domain",
        &[
            "advanced_security_options",
            "auto_tune_options",
            "cluster_config",
            "domain_endpoint_options",
            "ebs_options",
            "encrypt_at_rest",
            "node_to_node_encryption",
        ],
    ),
    ("aws_elb", &["availability_zones", "health_check", "instances", "security_groups", "subnets"]),
    (
        "aws_guardduty_detector",
        &["datasources", "datasources.kubernetes", "datasources.malware_protection", "datasources.s3_logs"],
    ),
    ("aws_iam_role", &["inline_policy", "managed_policy_arns"]),
    (
        "aws_instance",
        &[
            "capacity_reservation_specification",
            "cpu_options",
            "ebs_block_device",
            "enclave_options",
            "ephemeral_block_device",
            "instance_market_options",
            "ipv6_addresses",
            "maintenance_options",
            "metadata_options",
            "network_interface",
            "private_dns_name_options",
            "root_block_device",
            "secondary_private_ips",
            "security_groups",
            "vpc_security_group_ids",
        ],
    ),
    ("aws_kinesis_firehose_delivery_stream", &["server_side_encryption"]),
    (
        "aws_lambda_function",
        &["architectures", "ephemeral_storage", "logging_config", "tracing_config", "vpc_config.security_group_ids"],
    ),
    ("aws_launch_configuration", &["ebs_block_device", "metadata_options", "root_block_device"]),
    ("aws_launch_template", &["metadata_options"]),
    ("aws_lb", &["security_groups", "subnet_mapping", "subnets"]),
    ("aws_lb_listener", &["mutual_authentication"]),
    (
        "aws_lb_target_group",
        &[
            "health_check",
            "load_balancer_arns",
            "stickiness",
            "target_failover",
            "target_group_health",
            "target_health_state",
        ],
    ),
    ("aws_mq_broker", &["instances", "logs", "maintenance_window_start_time", "security_groups", "subnet_ids", "user"]),
    (
        "aws_msk_cluster",
        &[
            "broker_node_group_info.connectivity_info",
            "broker_node_group_info.security_groups",
            "broker_node_group_info.storage_info",
            "client_authentication",
            "encryption_info",
            "encryption_info.encryption_in_transit",
        ],
    ),
    ("aws_neptune_cluster", &["availability_zones", "cluster_members", "iam_roles", "vpc_security_group_ids"]),
    ("aws_network_acl", &["egress", "ingress", "subnet_ids"]),
    (
        "aws_opensearch_domain",
        &[
            "advanced_security_options",
            "aiml_options",
            "auto_tune_options",
            "cluster_config",
            "domain_endpoint_options",
            "ebs_options",
            "encrypt_at_rest",
            "identity_center_options",
            "node_to_node_encryption",
            "off_peak_window_options",
            "software_update_options",
        ],
    ),
    (
        "aws_rds_cluster",
        &["availability_zones", "cluster_members", "iam_roles", "master_user_secret", "vpc_security_group_ids"],
    ),
    ("aws_redshift_cluster", &["cluster_nodes", "iam_roles", "logging", "snapshot_copy", "vpc_security_group_ids"]),
    ("aws_redshiftserverless_workgroup", &["config_parameter", "endpoint", "security_group_ids", "subnet_ids"]),
    ("aws_route_table", &["propagating_vgws", "route"]),
    (
        "aws_s3_bucket",
        &[
            "cors_rule",
            "grant",
            "lifecycle_rule",
            "logging",
            "object_lock_configuration",
            "replication_configuration",
            "server_side_encryption_configuration",
            "versioning",
            "website",
        ],
    ),
    ("aws_s3_bucket_acl", &["access_control_policy"]),
    ("aws_secretsmanager_secret", &["replica", "rotation_rules"]),
    ("aws_security_group", &["egress", "ingress"]),
    (
        "aws_spot_instance_request",
        &[
            "capacity_reservation_specification",
            "cpu_options",
            "ebs_block_device",
            "enclave_options",
            "ephemeral_block_device",
            "ipv6_addresses",
            "maintenance_options",
            "metadata_options",
            "network_interface",
            "private_dns_name_options",
            "root_block_device",
            "secondary_private_ips",
            "security_groups",
            "vpc_security_group_ids",
        ],
    ),
    (
        "aws_transfer_server",
        &[
            "endpoint_details",
            "endpoint_details.security_group_ids",
            "protocol_details",
            "protocols",
            "s3_storage_options",
        ],
    ),
    (
        "aws_vpc_endpoint",
        &[
            "dns_options",
            "network_interface_ids",
            "route_table_ids",
            "security_group_ids",
            "subnet_configuration",
            "subnet_ids",
        ],
    ),
    (
        "aws_workspaces_directory",
        &[
            "dns_ip_addresses",
            "ip_group_ids",
            "self_service_permissions",
            "subnet_ids",
            "workspace_access_properties",
            "workspace_creation_properties",
        ],
    ),
];

/// Whether the provider computes what is at this path, which may have positions of lists in it, of a
/// resource of this type.
pub(super) fn is_computed(kind: &str, path: &[Arc<str>]) -> bool {
    let Ok(at) = COMPUTED.binary_search_by_key(&kind, |(known, _)| known) else { return false };
    let steps: Vec<&str> =
        path.iter().map(AsRef::as_ref).filter(|step| !step.bytes().all(|byte| byte.is_ascii_digit())).collect();
    COMPUTED[at].1.binary_search(&steps.join(".").as_str()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_read_without_positions() {
        assert!(COMPUTED.is_sorted_by(|one, other| one.0 < other.0));
        assert!(COMPUTED.iter().all(|(_, paths)| !paths.is_empty() && paths.is_sorted_by(|one, other| one < other)));
        let at = |kind, path: &[&str]| is_computed(kind, &path.iter().map(|step| Arc::from(*step)).collect::<Vec<_>>());
        assert!(at("aws_s3_bucket", &["logging"]));
        assert!(at("aws_eks_cluster", &["vpc_config", "0", "public_access_cidrs"]));
        assert!(!at("aws_cloudtrail", &["event_selector"]));
        assert!(!at("aws_s3_bucket_lifecycle_configuration", &["rule", "0", "expiration"]));
    }
}
