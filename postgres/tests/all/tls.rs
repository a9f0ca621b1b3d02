//! TLS: whom the store believes to be its server.

use std::net::TcpListener;

use linksfield_postgres::PostgresDeliveries;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use crate::support::Server;

/// An authority, and a certificate of it for a host.
fn certificate(host: &str) -> (String, String, String) {
    let mut parameters = CertificateParams::default();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new([host.to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    (authority.pem(), certificate.pem(), key.serialize_pem())
}

#[tokio::test]
async fn a_server_is_believed_by_its_certificate() {
    let Some(server) = Server::start("") else { return };
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (authority, certificate, key) = certificate("db.example");
    let (other, ..) = self::certificate("db.example");
    let file = |name: &str, text: &str| {
        let path = server.folder().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (authority, other) = (file("authority.pem", &authority), file("other.pem", &other));
    for (name, text) in [("data/server.crt", certificate), ("data/server.key", key)] {
        let path = file(name, &text);
        let _ = std::process::Command::new("chown").args(["postgres", &path]).status();
        assert!(std::process::Command::new("chmod").args(["600", &path]).status().unwrap().success());
    }
    let settings = format!("listen_addresses = '127.0.0.1'\nport = {port}\nssl = on\n");
    file("data/tls.conf", &settings);
    let configuration = std::fs::read_to_string(server.folder().join("data/postgresql.conf")).unwrap();
    file("data/postgresql.conf", &format!("{configuration}\ninclude 'tls.conf'\n"));
    file("data/pg_hba.conf", "hostssl all all 127.0.0.1/32 trust\n");
    let _ = std::process::Command::new("chown").args(["-R", "postgres", &server.data()]).status();
    server.crash();
    server.run("pg_ctl", &["-D", &server.data(), "-o", &format!("-k {}", server.folder().display()), "-w", "start"]);

    let connect = async |host: &str, more: &str| {
        let string = format!("host={host} hostaddr=127.0.0.1 port={port} user=postgres dbname=postgres {more}");
        PostgresDeliveries::connect(&string).await.map(drop)
    };
    for (host, more, believed) in [
        ("db.example", format!("sslmode=verify-full sslrootcert={authority}"), true),
        ("other.example", format!("sslmode=verify-full sslrootcert={authority}"), false),
        ("other.example", format!("sslmode=verify-ca sslrootcert={authority}"), true),
        ("db.example", format!("sslmode=verify-ca sslrootcert={other}"), false),
        ("db.example", format!("sslmode=verify-full sslrootcert={other}"), false),
        // An authority that is named is asked, also where the server is on this machine.
        ("localhost", String::new(), true),
        ("localhost", format!("sslrootcert={authority}"), false),
        ("db.example", format!("sslrootcert={authority}"), true),
        ("db.example", "sslmode=require".to_owned(), true),
        ("db.example", "sslmode=prefer".to_owned(), true),
        ("db.example", "sslmode=disable".to_owned(), false),
        ("db.example", "sslmode=verify-full sslrootcert=/nowhere".to_owned(), false),
    ] {
        let connected = connect(host, &more).await;
        assert_eq!(connected.is_ok(), believed, "{host} {more}: {connected:?}");
    }
}
