resource "aws_ecs_task_definition" "parity_good" {
  family = "parity-good"
  container_definitions = jsonencode([{
    name        = "web"
    image       = "public.ecr.aws/nginx/nginx:1.27"
    environment = [{ name = "DB_HOST", value = "db.example.com" }]
    secrets     = [{ name = "DB_PASSWORD", valueFrom = "arn:aws:ssm:eu-west-1:111122223333:parameter/db" }]
  }])
}

resource "aws_ecs_task_definition" "parity_bad" {
  family = "parity-bad"
  container_definitions = jsonencode([{
    name        = "web"
    image       = "public.ecr.aws/nginx/nginx:1.27"
    environment = [{ name = "DB_PASSWORD", value = "not-a-real-one-1" }]
  }])
}

resource "aws_docdb_cluster" "parity_database" {
  cluster_identifier = "parity-database"
  master_username    = "parity"
  master_password    = "not-a-real-one-2"
}

resource "aws_docdb_cluster" "parity_reference" {
  cluster_identifier = "parity-reference"
  master_username    = "parity"
  master_password    = aws_secretsmanager_secret_version.reference.secret_string
}
