resource "aws_redshift_cluster" "parity_good" {
  cluster_identifier  = "parity-good"
  node_type           = "ra3.large"
  master_username     = "app"
  master_password     = "Not-a-real-1-password"
  publicly_accessible = false
  encrypted           = true
  skip_final_snapshot = true
}

resource "aws_redshift_cluster" "parity_bad" {
  cluster_identifier  = "parity-bad"
  node_type           = "ra3.large"
  master_username     = "app"
  master_password     = "Not-a-real-1-password"
  publicly_accessible = true
  encrypted           = false
  skip_final_snapshot = true
}
