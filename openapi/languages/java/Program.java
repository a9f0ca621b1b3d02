import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import org.openapitools.client.ApiClient;
import org.openapitools.client.api.*;
import org.openapitools.client.model.*;

/** Orders a plan, starts, renews and queries it, with the generated client. */
class Program {
    /** One that nobody used before. */
    private static final String SIM = "8985" + String.format("%016d", System.currentTimeMillis());
    private static final ObjectMapper JSON = ApiClient.createDefaultObjectMapper();
    private static final Signer SIGNER =
        new Signer(System.getenv("LINKSFIELD_ACCESS_CODE"), System.getenv("LINKSFIELD_SECRET"));

    private static int calls = 0;

    public static void main(String[] arguments) throws Exception {
        var client = new ApiClient();
        client.updateBaseUri(System.getenv("LINKSFIELD_BASE_URL"));
        var plans = new PlanApi(client);

        var terms = new OrderPackageRequest().deviceId(SIM).packageCode("DP20190726001274")
            .packageName("C_M_0_P_中国20M不限速月套餐").packageType(PackageType.Monthly).orderPeriod("1").payAmount("0")
            .payRst(PaymentResult.Paid).isOpen(IsOpen.StartLater).globalOrder(GlobalOrder.NotHostNumber).testFlow("0")
            .testFlowFlag(TestFlowFlag.NoTestData);
        var ordered = plans.orderPackage(signed(terms), null);
        var order = accepted(ordered.getCode(), ordered.getMessage(), ordered.getData()).getOrderId();

        var opened = plans.openPackage(signed(new OpenPackageRequest().orderId(order)), null);
        var started = accepted(opened.getCode(), opened.getMessage(), opened.getData());
        expect(started.getOrderId().equals(order));

        var renewal = plans.renewPackage(signed(new RenewPackageRequest().orderId(order).renewPeriod(1L)), null);
        var renewed = accepted(renewal.getCode(), renewal.getMessage(), renewal.getData());
        expect(renewed.getOrderExpireDate().compareTo(started.getOrderExpireDate()) > 0);

        var query = plans.queryOrder(signed(new QueryOrderRequest().deviceId(SIM).pageNo(1L).pageSize(10L)), null);
        var page = accepted(query.getCode(), query.getMessage(), query.getData()).getPackageOrder();
        expect(page.size() == 1 && page.get(0).getOrderCode().equals(order));

        var usage = new UsageApi(client)
            .queryDeviceFlowUsage(signed(new QueryDeviceFlowUsageRequest().deviceId(SIM)), null);
        expect(accepted(usage.getCode(), usage.getMessage(), usage.getData()).getOrderCode().equals(order));

        var refused = plans.openPackage(signed(new OpenPackageRequest().orderId("no such order")), null);
        expect(!refused.getCode().equals("0000") && refused.getData() == null);
        System.out.println("accepted " + calls);
    }

    /** A request of any operation with the signed parameters filled in. */
    @SuppressWarnings("unchecked")
    private static <R> R signed(R request) throws Exception {
        var parameters = JSON.convertValue(request, new TypeReference<Map<String, Object>>() {});
        var body = SIGNER.sign(parameters, String.valueOf(Instant.now().getEpochSecond()));
        return (R) JSON.convertValue(body, request.getClass());
    }

    private static <D> D accepted(String code, String message, D data) {
        if (!code.equals("0000")) throw new IllegalStateException("refused with " + code + ": " + message);
        calls++;
        return Objects.requireNonNull(data);
    }

    private static void expect(boolean kept) {
        if (!kept) throw new AssertionError("an answer is not as it should be");
    }
}
