//! A fleet knows over HTTP/2, too, what it has not sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use linksfield::cube::Client;
use linksfield::fleet::{Event, FileJournal, Fleet, Outcome};
use linksfield::sandbox::Sandbox;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// A server that answers nothing; it counts the frames that have a part of a body.
async fn mute(listener: TcpListener, bodies: Arc<AtomicU32>) {
    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    while let Ok((mut stream, _)) = listener.accept().await {
        let bodies = Arc::clone(&bodies);
        tokio::spawn(async move {
            stream.read_exact(&mut [0; PREFACE.len()]).await.unwrap();
            // No setting is other than it is without.
            stream.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await.unwrap();
            let mut head = [0; 9];
            while stream.read_exact(&mut head).await.is_ok() {
                let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
                stream.read_exact(&mut vec![0; length as usize]).await.unwrap();
                bodies.fetch_add(u32::from(head[3] == 0 && length > 0), Ordering::SeqCst);
            }
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_slept_before_the_sending_is_known_to_have_sent_nothing() {
    let (folder, bodies) = (tempfile::tempdir().unwrap(), Arc::new(AtomicU32::new(0)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(mute(listener, Arc::clone(&bodies)));
    let sandbox = Sandbox::start().await.unwrap();
    let http = reqwest::Client::builder().no_proxy().http2_prior_knowledge();
    let http = http.redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let client = Client::builder().credentials(sandbox.cube_credentials()).environment(url).http_client(http);
    // The machine sleeps an hour each time before an order is sent.
    let readings = AtomicU32::new(0);
    let clock = move || Duration::from_secs(3600) * readings.fetch_add(1, Ordering::SeqCst);
    let defaults = json!({ "id": "CP-6HPXRQI88QSM", "quantity": 1, "po": "1" });
    let fleet = Fleet::builder().client(client.build().unwrap()).defaults(&defaults).clock(clock).build().unwrap();
    let journal = FileJournal::create(folder.path().join("journal"), fleet.purpose()).await.unwrap();
    let mut run = fleet.run(fleet.list_of("sim_id\n89852202209089971478\n").unwrap(), journal);
    let Some(Event::Settled { outcome, .. }) = run.next().await else { panic!("it is looked up") };
    assert!(matches!(&outcome, Outcome::NotSent(why) if why.contains("too long")), "{outcome:?}");
    assert_eq!(bodies.load(Ordering::SeqCst), 0);
}
