"""Databases: a region in bad order and one in good."""

from clients import AWAY, HOME, tags


def seed(clients):
    databases(clients, HOME, good=False)
    databases(clients, AWAY, good=True)


def databases(clients, region, good):
    rds = clients("rds", region)

    def instance(name, **more):
        settings = {
            "DBInstanceClass": "db.t3.micro", "Engine": "postgres", "AllocatedStorage": 20, "MasterUsername": "root",
            "MasterUserPassword": "not-a-secret-1", **more,
        }
        return clients.attempt(f"database {name}", rds.create_db_instance, DBInstanceIdentifier=name, Tags=tags(note=clients.hostile), **settings)

    instance(
        "orders", StorageEncrypted=True, MultiAZ=True, BackupRetentionPeriod=14, DeletionProtection=True,
        PubliclyAccessible=False, EnableIAMDatabaseAuthentication=True, EnableCloudwatchLogsExports=["postgresql"],
        AutoMinorVersionUpgrade=True,
    )
    if good:
        return
    instance(
        "legacy", StorageEncrypted=False, MultiAZ=False, BackupRetentionPeriod=1, PubliclyAccessible=True,
        AutoMinorVersionUpgrade=False,
    )
    clients.attempt("replica", rds.create_db_instance_read_replica, DBInstanceIdentifier="orders-replica", SourceDBInstanceIdentifier="orders")
    clients.attempt(
        "cluster", rds.create_db_cluster, DBClusterIdentifier="ledger", Engine="aurora-postgresql", MasterUsername="root",
        MasterUserPassword="not-a-secret-1", StorageEncrypted=True, BackupRetentionPeriod=14, DeletionProtection=True,
    )
    instance_of_cluster = {"DBInstanceClass": "db.r5.large", "Engine": "aurora-postgresql", "DBClusterIdentifier": "ledger",
                           "PubliclyAccessible": False}
    clients.attempt("instance of the cluster", rds.create_db_instance, DBInstanceIdentifier="ledger-1", **instance_of_cluster)
    clients.attempt(
        "plain cluster", rds.create_db_cluster, DBClusterIdentifier="sandbox", Engine="aurora-mysql", MasterUsername="root",
        MasterUserPassword="not-a-secret-1", StorageEncrypted=False,
    )
    for name in ["orders-kept", "orders-shared"]:
        clients.attempt("snapshot", rds.create_db_snapshot, DBSnapshotIdentifier=name, DBInstanceIdentifier="orders")
    clients.attempt(
        "sharing the snapshot", rds.modify_db_snapshot_attribute, DBSnapshotIdentifier="orders-shared",
        AttributeName="restore", ValuesToAdd=["all"],
    )


def apply(clients):
    rds = clients("rds")
    user = {"MasterUsername": "app", "MasterUserPassword": "not-a-real-password"}
    small = {"DBInstanceClass": "db.t3.micro", "Engine": "postgres", "AllocatedStorage": 20, **user}
    rds.create_db_instance(
        DBInstanceIdentifier="parity-good", StorageEncrypted=True, PubliclyAccessible=False, BackupRetentionPeriod=14,
        MultiAZ=True, DeletionProtection=True, EnableIAMDatabaseAuthentication=True, AutoMinorVersionUpgrade=True,
        EnableCloudwatchLogsExports=["postgresql"], **small,
    )
    rds.create_db_instance(
        DBInstanceIdentifier="parity-bad", StorageEncrypted=False, PubliclyAccessible=True, BackupRetentionPeriod=1,
        MultiAZ=False, DeletionProtection=False, AutoMinorVersionUpgrade=False, **small,
    )
    for name, good, days in [("parity-cluster", True, 10), ("parity-plain", False, 1)]:
        rds.create_db_cluster(
            DBClusterIdentifier=name, Engine="aurora-postgresql", StorageEncrypted=good, BackupRetentionPeriod=days,
            DeletionProtection=good, **user,
        )
    member = {"DBInstanceClass": "db.r6g.large", "Engine": "aurora-postgresql"}
    rds.create_db_instance(
        DBInstanceIdentifier="parity-single", DBClusterIdentifier="parity-plain", PubliclyAccessible=True,
        AutoMinorVersionUpgrade=False, **member,
    )
    rds.create_db_instance(
        DBInstanceIdentifier="parity-member", DBClusterIdentifier="parity-cluster", PubliclyAccessible=False,
        AutoMinorVersionUpgrade=True, **member,
    )
