// Orders a plan, is refused, and lists SIMs of Cube, with the generated clients; Java's signers sign each call on its way.
import com.fasterxml.jackson.databind.ObjectMapper
import csss.apis.PlanApi
import csss.models.*
import cube.apis.SIMApi
import java.io.File
import okhttp3.Interceptor
import okhttp3.OkHttpClient
import okhttp3.RequestBody.Companion.toRequestBody
import okio.Buffer

private val JSON = ObjectMapper()

/** Replaces the signed parameters of the body, which are required of the models, by those of the signing. */
@Suppress("UNCHECKED_CAST")
private fun csssSigning(signer: Signer) = Interceptor { chain ->
    val request = chain.request()
    val body = request.body!!
    val parameters = JSON.readValue(Buffer().also(body::writeTo).readUtf8(), Map::class.java) as Map<String, Any?>
    val own = parameters - setOf("access_code", "timestamp", "version", "sign")
    val signed = signer.sign(own, (System.currentTimeMillis() / 1000).toString())
    chain.proceed(request.newBuilder().post(JSON.writeValueAsString(signed).toRequestBody(body.contentType())).build())
}

private fun cubeSigning(signer: CubeSigner) = Interceptor { chain ->
    val request = chain.request()
    val body = request.body?.let { Buffer().also(it::writeTo).readUtf8() } ?: ""
    val now = System.currentTimeMillis().toString()
    val signed = request.newBuilder()
    signer.headers(request.url.toUri(), body, now, (1..Int.MAX_VALUE).random().toString()).forEach { (name, value) -> signed.header(name, value) }
    chain.proceed(signed.build())
}

private fun http(signing: Interceptor) = OkHttpClient.Builder().addInterceptor(signing).build()

fun main(arguments: Array<String>) {
    val base = System.getenv("LINKSFIELD_BASE_URL")
    val signer = Signer(System.getenv("LINKSFIELD_ACCESS_CODE"), System.getenv("LINKSFIELD_SECRET"))
    val plans = PlanApi(base, http(csssSigning(signer)))
    val terms = OrderPackageRequest(
        version = "", accessCode = "", timestamp = "", sign = "",
        deviceId = "8985%016d".format(System.currentTimeMillis()), packageCode = "DP20190726001274",
        packageName = "C_M_0_P_中国20M不限速月套餐", packageType = PackageType.Monthly, orderPeriod = "1", payAmount = "0",
        payRst = PaymentResult.Paid, isOpen = IsOpen.StartLater, globalOrder = GlobalOrder.NotHostNumber, testFlow = "0",
        testFlowFlag = TestFlowFlag.NoTestData,
    )
    check(plans.orderPackage(terms).data?.orderId != null) { "an order" }
    val start = OpenPackageRequest(version = "", accessCode = "", timestamp = "", sign = "", orderId = "no such order")
    val refused = plans.openPackage(start)
    check(refused.code != "0000" && refused.data == null) { "a refusal" }

    val key = JSON.readTree(File(arguments[0])).get("private_key").asText()
    val sims = SIMApi("$base/cube/v4", http(cubeSigning(CubeSigner.of("sandbox", key))))
    // The time and the nonce are filled in by the signer.
    val list = sims.querySims(timestamp = "", nonce = 0, pageSize = 5)
    check(list.status.code == "CB-00-0000" && list.`data`?.size == 5) { "five SIMs of Cube" }
    println("accepted 2")
}
