import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.openapitools.client.*;
import org.openapitools.client.api.*;
import org.openapitools.client.model.*;

/** Makes an order that is accepted and a call that is refused, with the generated client, and reads refusals of every form. */
class Program {
    private static final ObjectMapper JACKSON = new ObjectMapper();
    private static final Signer SIGNER =
        new Signer(System.getenv("LINKSFIELD_ACCESS_CODE"), System.getenv("LINKSFIELD_SECRET"));

    public static void main(String[] arguments) throws Exception {
        var client = new ApiClient().setBasePath(System.getenv("LINKSFIELD_BASE_URL"));
        var terms = new OrderPackageRequest().deviceId("89852022018041800192").packageCode("DP20190726001274")
            .packageName("C_M_0_P_中国20M不限速月套餐").packageType(PackageType.Monthly).orderPeriod("1").payAmount("0")
            .payRst(PaymentResult.Paid).isOpen(IsOpen.StartLater).globalOrder(GlobalOrder.NotHostNumber).testFlow("0")
            .testFlowFlag(TestFlowFlag.NoTestData);
        var ordered = new PlanApi(client).orderPackage(signed(terms, OrderPackageRequest.class), null);
        expect(ordered.getCode().equals("0000") && ordered.getData().getOrderId() != null);
        var order = new OpenPackageRequest().orderId("no such order");
        var refused = new PlanApi(client).openPackage(signed(order, OpenPackageRequest.class), null);
        expect(!refused.getCode().equals("0000") && refused.getData() == null);
        for (var data : List.of(",\"data\":{}", ",\"data\":null", "")) {
            var answer = "{\"code\":\"1\",\"message\":\"\",\"success\":false" + data + "}";
            expect(JSON.getGson().fromJson(answer, OpenPackageAnswer.class).getCode().equals("1"));
        }
        System.out.println("accepted 1");
        System.exit(0); // the client's threads would keep it
    }

    private static <R> R signed(R request, Class<R> type) throws Exception {
        var parameters = JACKSON.readValue(JSON.getGson().toJson(request), new TypeReference<Map<String, Object>>() {});
        var body = SIGNER.sign(parameters, String.valueOf(Instant.now().getEpochSecond()));
        return JSON.getGson().fromJson(JACKSON.writeValueAsString(body), type);
    }

    private static void expect(boolean kept) {
        if (!kept) throw new AssertionError("an answer is not as it should be");
    }
}
