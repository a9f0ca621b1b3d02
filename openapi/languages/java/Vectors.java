import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.util.*;
import org.openapitools.client.ApiClient;
import org.openapitools.client.model.OpenPackageAnswer;

/** Signs every vector, and reads an answer whose data is an object, null and missing. */
class Vectors {
    private static final String ORDER = ",\"data\":{\"order_id\":\"1\"}";

    public static void main(String[] arguments) throws Exception {
        var vectors = read(arguments[0]);
        for (var vector : read(arguments[1])) checkMall(vector);
        var checked = 0;
        for (var vector : vectors) {
            check(vector);
            checked++;
        }
        var json = ApiClient.createDefaultObjectMapper();
        for (var data : Map.of(ORDER, "1", ",\"data\":{}", "", ",\"data\":null", "", "", "").entrySet()) {
            var answer = "{\"code\":\"0000\",\"message\":\"\",\"success\":true" + data.getKey() + "}";
            var read = json.readValue(answer, OpenPackageAnswer.class).getData();
            expect(data.getValue().equals(read == null || read.getOrderId() == null ? "" : read.getOrderId()), answer);
        }
        System.out.printf("vectors %d/%d%n", checked, vectors.size());
    }

    @SuppressWarnings("unchecked")
    private static void check(Map<String, Object> vector) throws Exception {
        var signer = new Signer((String) vector.get("access_code"), (String) vector.get("secret"));
        try {
            var body = signer.sign((Map<String, Object>) vector.get("parameters"), (String) vector.get("timestamp"));
            expect(body.remove("sign").equals(vector.get("sign")), vector.get("name"));
            expect(Signer.content(body).equals(vector.get("content")), vector.get("name"));
        } catch (IllegalArgumentException refused) {
            expect(refused.getMessage().equals(vector.get("error")), vector.get("name"));
        }
    }

    private static List<Map<String, Object>> read(String file) throws Exception {
        return new ObjectMapper().readValue(new File(file), new TypeReference<>() {});
    }

    @SuppressWarnings("unchecked")
    private static void checkMall(Map<String, Object> vector) throws Exception {
        var parameters = new HashMap<>((Map<String, Object>) vector.get("parameters"));
        parameters.put("version", "3.0");
        parameters.put("partnerCode", vector.get("partner_code"));
        parameters.put("tradeTime", vector.get("trade_time"));
        var content = Signer.content(parameters);
        expect(content.equals(vector.get("content")), vector.get("name"));
        expect(Signer.signMall(content).equals(vector.get("sign")), vector.get("name"));
    }

    private static void expect(boolean kept, Object name) {
        if (!kept) throw new AssertionError(name);
    }
}
