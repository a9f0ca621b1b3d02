//! actix-web: its headers are of types of its own, and its handlers stay on one thread; the receiver takes both.

use std::time::SystemTime;

use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use linksfield::notification::{Receiver, Rejection};

/// Serves for ever.
pub async fn serve(listener: std::net::TcpListener, receiver: Receiver) -> std::io::Result<()> {
    let receiver = web::Data::new(receiver);
    let app = move || App::new().app_data(receiver.clone()).route("/", web::post().to(receive));
    HttpServer::new(app).workers(1).disable_signals().listen(listener)?.run().await
}

async fn receive(request: HttpRequest, body: web::Payload, receiver: web::Data<Receiver>) -> HttpResponse {
    let limit = receiver.verifier().body_limit();
    let answer = match body.to_bytes_limited(limit).await {
        Ok(Ok(body)) => receiver.receive(request.headers().iter(), &body, SystemTime::now(), crate::act).await,
        Ok(Err(error)) => receiver.refuse(Rejection::Interrupted(error.to_string().into())),
        Err(_) => receiver.refuse(Rejection::TooLarge { limit }),
    };
    let status = StatusCode::from_u16(answer.status().as_u16()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    if let Some(after) = answer.retry_after() {
        response.insert_header((RETRY_AFTER, after.as_secs().to_string()));
    }
    response.body(answer.text())
}
