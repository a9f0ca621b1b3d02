//! A client keeps its limits on real connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::join_all;
use linksfield::Credentials;
use linksfield::csss::Client;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::{monthly_plan, response};

#[tokio::test]
async fn no_more_requests_are_in_flight_than_allowed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (now_of_server, most_of_server) = (Arc::clone(&now), Arc::clone(&most));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (now, most) = (Arc::clone(&now_of_server), Arc::clone(&most_of_server));
            tokio::spawn(async move {
                let _ = stream.read(&mut [0; 8192]).await;
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(20)).await;
                now.fetch_sub(1, Ordering::SeqCst);
                let good = response("200 OK", "application/json", r#"{"code":"0000","data":{"order_id":"1"}}"#);
                let _ = stream.write_all(good.as_bytes()).await;
            });
        }
    });
    let client = Client::builder()
        .credentials(Credentials::new("P000270", "s").unwrap())
        .environment(url)
        .in_flight(3)
        .build()
        .unwrap();
    let clones: Vec<_> = (0..30).map(|_| client.clone()).collect();
    for result in join_all(clones.iter().map(|client| async { client.order_package(&monthly_plan()).await })).await {
        result.unwrap();
    }
    assert_eq!(most.load(Ordering::SeqCst), 3);
}
