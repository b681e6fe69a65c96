resource "aws_db_instance" "parity_good" {
  identifier                          = "parity-good"
  engine                              = "postgres"
  instance_class                      = "db.t3.micro"
  allocated_storage                   = 20
  username                            = "app"
  password                            = "not-a-real-password"
  skip_final_snapshot                 = true
  storage_encrypted                   = true
  publicly_accessible                 = false
  backup_retention_period             = 14
  multi_az                            = true
  deletion_protection                 = true
  iam_database_authentication_enabled = true
  auto_minor_version_upgrade          = true
  enabled_cloudwatch_logs_exports     = ["postgresql"]
}

resource "aws_db_instance" "parity_bad" {
  identifier                 = "parity-bad"
  engine                     = "postgres"
  instance_class             = "db.t3.micro"
  allocated_storage          = 20
  username                   = "app"
  password                   = "not-a-real-password"
  skip_final_snapshot        = true
  storage_encrypted          = false
  publicly_accessible        = true
  backup_retention_period    = 1
  multi_az                   = false
  deletion_protection        = false
  auto_minor_version_upgrade = false
}

resource "aws_rds_cluster" "parity_cluster" {
  cluster_identifier      = "parity-cluster"
  engine                  = "aurora-postgresql"
  master_username         = "app"
  master_password         = "not-a-real-password"
  skip_final_snapshot     = true
  storage_encrypted       = true
  backup_retention_period = 10
  deletion_protection     = true
}

resource "aws_rds_cluster" "parity_plain" {
  cluster_identifier      = "parity-plain"
  engine                  = "aurora-postgresql"
  master_username         = "app"
  master_password         = "not-a-real-password"
  skip_final_snapshot     = true
  storage_encrypted       = false
  backup_retention_period = 1
  deletion_protection     = false
}

resource "aws_rds_cluster_instance" "parity_single" {
  identifier                 = "parity-single"
  cluster_identifier         = aws_rds_cluster.parity_plain.id
  engine                     = "aurora-postgresql"
  instance_class             = "db.r6g.large"
  publicly_accessible        = true
  auto_minor_version_upgrade = false
}

resource "aws_rds_cluster_instance" "parity_member" {
  identifier         = "parity-member"
  cluster_identifier = aws_rds_cluster.parity_cluster.id
  engine             = "aurora-postgresql"
  instance_class     = "db.r6g.large"
}
