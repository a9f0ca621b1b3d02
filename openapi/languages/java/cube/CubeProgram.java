import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.net.URI;
import java.util.*;
import org.openapitools.client.ApiClient;
import org.openapitools.client.api.*;
import org.openapitools.client.model.*;

/** Signs every vector of the Cube API, and calls the sandbox with the generated client. */
class CubeProgram {
    /** One that nobody used before. */
    private static final String SIM = "8985" + String.format("%016d", System.currentTimeMillis());

    private static int accepted = 0;

    public static void main(String[] arguments) throws Exception {
        var file = new ObjectMapper().readTree(new File(arguments[0]));
        var key = file.get("private_key").asText();
        for (var vector : file.get("vectors")) check(vector, key);
        for (var query : List.of("?a=1&a=2", "?b=1")) refuse(URI.create("https://example.com/sims" + query));

        var client = new ApiClient();
        client.updateBaseUri(System.getenv("LINKSFIELD_BASE_URL") + "/cube/v4");
        client.setRequestInterceptor(CubeSigner.of("sandbox", key)::sign);
        var sims = new SimApi(client);
        var sms = new SmsApi(client);

        // The time and the nonce are filled in by the signer.
        var list = sims.querySims("", 0L, null, null, null, null, null, 5L);
        expect(ok(list.getStatus()) && list.getData().size() == 5, "five SIMs");
        var sim = sims.querySim("", 0L, SIM, null, null, null);
        expect(ok(sim.getStatus()) && sim.getData().getStatus() == 10, "a SIM");
        expect(ok(sims.activateSim("", 0L, SIM, Map.of(), null, null, null).getStatus()), "its activation");
        var message = new SmsMessage().type(1L).content("你好 / ok");
        var sent = sms.sendSms("", 0L, new SendSmsRequest().simIds(List.of(SIM)).message(message), null, null, null);
        expect(ok(sent.getStatus()) && sent.getData().getJobId() != null, "an SMS");
        System.out.printf("cube vectors %d, accepted %d%n", file.get("vectors").size(), accepted);
    }

    /** A parameter that is there twice would be signed once. */
    private static void refuse(URI url) throws Exception {
        try {
            CubeSigner.signed(url, "{\"b\":null}", "1", "2");
        } catch (IllegalArgumentException twice) {
            return;
        }
        expect(false, "refused " + url);
    }

    private static void check(JsonNode vector, String key) throws Exception {
        var name = vector.get("name").asText();
        var signer = CubeSigner.of(vector.get("key_id").asText(), key);
        var url = URI.create(vector.get("url").asText());
        var body = vector.get("body").isNull() ? "" : vector.get("body").asText();
        var timestamp = vector.get("timestamp").asText();
        var nonce = vector.get("nonce").asText();
        expect(Signer.content(CubeSigner.signed(url, body, timestamp, nonce)).equals(vector.get("content").asText()), name);
        var headers = new ObjectMapper().convertValue(vector.get("headers"), Map.class);
        expect(signer.headers(url, body, timestamp, nonce).equals(headers), name);
    }

    private static boolean ok(Status status) {
        accepted++;
        return status.getCode().equals("CB-00-0000");
    }

    private static void expect(boolean kept, String name) {
        if (!kept) throw new AssertionError(name);
    }
}
