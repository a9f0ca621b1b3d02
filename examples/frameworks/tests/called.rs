//! Each framework's receiver is called over HTTP.

use linksfield::notification::{Callback, Receiver, Signer, Verifier};
use linksfield_frameworks::{actix, hyper, tower};
use tokio::net::TcpListener;

fn receiver() -> Receiver {
    Receiver::new(Verifier::builder().key("1", "a key").body_limit(10_000).build())
}

async fn listening() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    (listener, url)
}

async fn receives(url: &str) {
    let http = reqwest::Client::new();
    let signer = Signer::new("1", "a key");
    let (warning, recharge) = (signer.sample(Callback::PlanWarning), signer.sample(Callback::RechargeSucceeded));
    let (warning, recharge) = (warning.unwrap(), recharge.unwrap());
    let send = async |headers: http::HeaderMap, body: Vec<u8>| {
        let answer = http.post(url).headers(headers).body(body).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    assert_eq!(send(warning.headers.clone(), warning.body.clone()).await.0, 200);
    let again = send(warning.headers.clone(), warning.body.clone()).await;
    assert_eq!(again, (200, "this notification was acted on before".to_owned()));
    for _ in 0..2 {
        assert_eq!(send(recharge.headers.clone(), recharge.body.clone()).await.0, 500, "it is acted on each time");
    }
    let strange = Signer::new("1", "another key").sample(Callback::PlanWarning).unwrap();
    assert_eq!(send(strange.headers, strange.body).await, (401, "not accepted".to_owned()));
    assert_eq!(send(warning.headers.clone(), vec![b' '; 10_001]).await.0, 400);
    let get = http.get(url).send().await.unwrap().status();
    assert!([404, 405].contains(&get.as_u16()), "{get}");
}

#[tokio::test]
async fn hyper_receives() {
    let (listener, url) = listening().await;
    tokio::spawn(hyper::serve(listener, receiver()));
    receives(&url).await;
}

#[tokio::test]
async fn tower_receives() {
    let (listener, url) = listening().await;
    tokio::spawn(tower::serve(listener, receiver()));
    receives(&url).await;
}

#[tokio::test]
async fn actix_receives() {
    let (listener, url) = listening().await;
    let listener = listener.into_std().unwrap();
    std::thread::spawn(|| actix_web::rt::System::new().block_on(actix::serve(listener, receiver())));
    receives(&url).await;
}
