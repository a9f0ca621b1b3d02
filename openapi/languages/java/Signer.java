import static java.nio.charset.StandardCharsets.UTF_8;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.security.MessageDigest;
import java.util.*;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Signs the parameters of a call, by the rule in the document's info.x-linksfield-guide. */
record Signer(String accessCode, String secret) {
    private static final ObjectMapper JSON = JsonMapper.builder().disable(JsonWriteFeature.WRITE_HEX_UPPER_CASE).build();

    /** The text that is signed: what is not empty, as compact JSON with its keys in ascending byte order. */
    static String content(Map<String, Object> parameters) throws Exception {
        var kept = new HashMap<>(parameters);
        kept.values().removeIf(Arrays.asList(null, "", List.of(), Map.of())::contains);
        return JSON.writeValueAsString(sorted(kept));
    }

    private static Object sorted(Object value) {
        if (value instanceof List<?> items) return items.stream().map(Signer::sorted).toList();
        if (!(value instanceof Map<?, ?> fields)) return value;
        var sorted = new TreeMap<String, Object>(Comparator.comparing(name -> name.getBytes(UTF_8), Arrays::compareUnsigned));
        fields.forEach((name, field) -> sorted.put((String) name, sorted(field)));
        return sorted;
    }

    /** The parameters with the signed ones added: the body of a request. */
    Map<String, Object> sign(Map<String, Object> parameters, String timestamp) throws Exception {
        var body = new HashMap<>(parameters);
        for (var name : List.of("sign", "access_code", "timestamp", "version"))
            if (body.get(name) != null) throw new IllegalArgumentException("the parameter " + name + " is set by the signing");
        body.putAll(Map.of("access_code", accessCode, "timestamp", timestamp, "version", "2.0"));
        var mac = Mac.getInstance("HmacSHA1");
        mac.init(new SecretKeySpec(secret.getBytes(UTF_8), "HmacSHA1"));
        body.put("sign", Base64.getEncoder().encodeToString(mac.doFinal(content(body).getBytes(UTF_8))));
        return body;
    }

    /** The signature of a content of the Mall API, which has no secret in it. */
    static String signMall(String content) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(content.getBytes(UTF_8)));
    }
}
