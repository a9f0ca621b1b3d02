// Orders a plan, starts, renews and queries it, with the generated client.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	"linksfield/openapi"
	"linksfield/signing"
)

var calls int

// A SIM that nobody used before.
var sim = fmt.Sprintf("8985%016d", time.Now().UnixMicro())

func main() {
	configuration := openapi.NewConfiguration()
	configuration.Servers = openapi.ServerConfigurations{{URL: os.Getenv("LINKSFIELD_BASE_URL")}}
	configuration.HTTPClient = &http.Client{Transport: signing.Transport{
		AccessCode: os.Getenv("LINKSFIELD_ACCESS_CODE"),
		Secret:     os.Getenv("LINKSFIELD_SECRET"),
	}}
	client, ctx := openapi.NewAPIClient(configuration), context.Background()

	// The four empty texts are the signed parameters: the transport fills them in.
	terms := openapi.NewOrderPackageRequest("", "", "", "", sim, openapi.NotHostNumber, openapi.StartLater, "1",
		"DP20190726001274", "C_M_0_P_中国20M不限速月套餐", openapi.Monthly, "0", openapi.Paid,
		"0", openapi.NoTestData)
	ordered, _, err := client.PlanAPI.OrderPackage(ctx).OrderPackageRequest(*terms).Execute()
	accepted(ordered, err)
	placed := ordered.GetData()
	order := placed.GetOrderId()

	start := openapi.NewOpenPackageRequest("", "", "", "", order)
	started, _, err := client.PlanAPI.OpenPackage(ctx).OpenPackageRequest(*start).Execute()
	accepted(started, err)
	data := started.GetData()
	expect(data.GetOrderId() == order && data.GetOrderExpireDate() != "")

	renewal := openapi.NewRenewPackageRequest("", "", "", "", order, 1)
	renewed, _, err := client.PlanAPI.RenewPackage(ctx).RenewPackageRequest(*renewal).Execute()
	accepted(renewed, err)
	longer := renewed.GetData()
	expect(longer.GetOrderExpireDate() > data.GetOrderExpireDate())

	query := openapi.NewQueryOrderRequest("", "", "", "", 1, 10)
	query.SetDeviceId(sim)
	page, _, err := client.PlanAPI.QueryOrder(ctx).QueryOrderRequest(*query).Execute()
	accepted(page, err)
	list := page.GetData()
	expect(len(list.PackageOrder) == 1 && list.PackageOrder[0].GetOrderCode() == order)

	question := openapi.NewQueryDeviceFlowUsageRequest("", "", "", "", sim)
	used, _, err := client.UsageAPI.QueryDeviceFlowUsage(ctx).QueryDeviceFlowUsageRequest(*question).Execute()
	accepted(used, err)
	usage := used.GetData()
	expect(usage.GetOrderCode() == order)

	start.OrderId = "no such order"
	refused, _, err := client.PlanAPI.OpenPackage(ctx).OpenPackageRequest(*start).Execute()
	expect(err == nil && refused.Code != "0000" && refused.Data.Get() == nil)
	fmt.Println("accepted", calls)
}

type answer interface {
	GetCode() string
	GetMessage() string
}

func accepted(answer answer, err error) {
	if err != nil {
		log.Fatal(err)
	}
	if answer.GetCode() != "0000" {
		log.Fatalf("refused with %s: %s", answer.GetCode(), answer.GetMessage())
	}
	calls++
}

func expect(kept bool) {
	if !kept {
		log.Panic("an answer is not as it should be")
	}
}
