import static java.nio.charset.StandardCharsets.UTF_8;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.ByteBuffer;
import java.security.*;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.*;
import java.util.concurrent.Flow;

/** Signs calls of the Cube API (signature version 2), by the rule in info.x-linksfield-guide of cube.yaml. */
record CubeSigner(String keyId, PrivateKey key) {
    private static final ObjectMapper JSON =
        new ObjectMapper().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);
    private static final SecureRandom RANDOM = new SecureRandom();

    /** Takes the id of a key, and the key as PEM (PKCS#8). */
    static CubeSigner of(String keyId, String privateKey) throws Exception {
        var base64 = privateKey.replaceAll("-----[A-Z ]+-----|\\s", "");
        var spec = new PKCS8EncodedKeySpec(Base64.getDecoder().decode(base64));
        return new CubeSigner(keyId, KeyFactory.getInstance("RSA").generatePrivate(spec));
    }

    /** All that is signed of a request: what is in its URL and headers as texts, and the fields of its body. */
    static Map<String, Object> signed(URI url, String body, String timestamp, String nonce) throws Exception {
        Map<String, Object> parameters = new HashMap<>();
        if (!body.isEmpty()) parameters.putAll(JSON.readValue(body, new TypeReference<Map<String, Object>>() {}));
        for (var pair : url.getRawQuery() == null ? new String[0] : url.getRawQuery().split("&")) {
            var parts = pair.split("=", 2);
            put(parameters, URLDecoder.decode(parts[0], UTF_8), parts.length < 2 ? "" : URLDecoder.decode(parts[1], UTF_8));
        }
        put(parameters, "timestamp", timestamp);
        put(parameters, "nonce", nonce);
        put(parameters, "x-sign-uri", url.getRawPath());
        return parameters;
    }

    private static void put(Map<String, Object> parameters, String name, String value) {
        if (parameters.containsKey(name))
            throw new IllegalArgumentException("the parameter " + name + " is there twice, or set by the signing");
        parameters.put(name, value);
    }

    /** The headers that sign a request. */
    Map<String, String> headers(URI url, String body, String timestamp, String nonce) throws Exception {
        var signature = Signature.getInstance("SHA1withRSA");
        signature.initSign(key);
        signature.update(Signer.content(signed(url, body, timestamp, nonce)).getBytes(UTF_8));
        var sign = Base64.getEncoder().encodeToString(signature.sign());
        return Map.of("Authorization", "LF " + keyId + "/" + sign, "timestamp", timestamp, "nonce", nonce,
            "X-LF-Signature-Type", "2.0");
    }

    /** Signs a request that is about to be sent: for setRequestInterceptor of the generated client. */
    void sign(HttpRequest.Builder builder) {
        var request = builder.build();
        var body = request.bodyPublisher().map(CubeSigner::text).orElse("");
        var nonce = String.valueOf(1 + RANDOM.nextInt(Integer.MAX_VALUE));
        try {
            headers(request.uri(), body, String.valueOf(System.currentTimeMillis()), nonce).forEach(builder::setHeader);
        } catch (NoSuchAlgorithmException policy) {
            throw new IllegalStateException("no provider of this process has SHA-1 with RSA, which Cube requires: providers of"
                + " this process alone, named by -Djava.security.properties, can have it; Go and the Rust crate need none", policy);
        } catch (Exception cause) {
            throw new IllegalStateException("can't be signed", cause);
        }
    }

    private static String text(HttpRequest.BodyPublisher publisher) {
        var whole = BodySubscribers.ofString(UTF_8);
        publisher.subscribe(new Flow.Subscriber<ByteBuffer>() {
            public void onSubscribe(Flow.Subscription subscription) { whole.onSubscribe(subscription); }
            public void onNext(ByteBuffer item) { whole.onNext(List.of(item)); }
            public void onError(Throwable cause) { whole.onError(cause); }
            public void onComplete() { whole.onComplete(); }
        });
        return whole.getBody().toCompletableFuture().join();
    }
}
