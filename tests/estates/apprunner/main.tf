resource "aws_apprunner_service" "parity_good" {
  service_name = "parity-good"
  source_configuration {
    auto_deployments_enabled = false
    image_repository {
      image_identifier      = "public.ecr.aws/aws-containers/hello-app-runner:latest"
      image_repository_type = "ECR_PUBLIC"
    }
  }
  network_configuration {
    ingress_configuration {
      is_publicly_accessible = false
    }
  }
}

resource "aws_apprunner_service" "parity_guarded" {
  service_name = "parity-guarded"
  source_configuration {
    auto_deployments_enabled = false
    image_repository {
      image_identifier      = "public.ecr.aws/aws-containers/hello-app-runner:latest"
      image_repository_type = "ECR_PUBLIC"
    }
  }
}

resource "aws_wafv2_web_acl_association" "guarded" {
  resource_arn = aws_apprunner_service.parity_guarded.arn
  web_acl_arn  = aws_wafv2_web_acl.parity_good.arn
}

resource "aws_apprunner_service" "parity_bad" {
  service_name = "parity-bad"
  source_configuration {
    auto_deployments_enabled = false
    image_repository {
      image_identifier      = "public.ecr.aws/aws-containers/hello-app-runner:latest"
      image_repository_type = "ECR_PUBLIC"
    }
  }
}

# What these need of other services.

resource "aws_wafv2_web_acl" "parity_good" {
  name  = "parity-good"
  scope = "REGIONAL"
  default_action {
    allow {}
  }
  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = "parity-good"
    sampled_requests_enabled   = true
  }
}
