// Makes an order that is accepted and a call that is refused, with the generated client; the transport signs.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"

	"linksfield/csss"
	"linksfield/signing"
)

func main() {
	ctx := context.Background()
	signed := &http.Client{Transport: signing.Transport{
		AccessCode: os.Getenv("LINKSFIELD_ACCESS_CODE"),
		Secret:     os.Getenv("LINKSFIELD_SECRET"),
	}}
	client, err := csss.NewClientWithResponses(os.Getenv("LINKSFIELD_BASE_URL"), csss.WithHTTPClient(signed))
	if err != nil {
		log.Fatal(err)
	}
	terms := csss.OrderPackageRequest{
		DeviceId: "89852022018041800192", GlobalOrder: "0", IsOpen: "0", OrderPeriod: "1", PackageCode: "DP20190726001274",
		PackageName: "C_M_0_P_中国20M不限速月套餐", PackageType: "2", PayAmount: "0", PayRst: "2", TestFlow: "0", TestFlowFlag: "0",
	}
	ordered, err := client.OrderPackageWithResponse(ctx, nil, terms)
	if err != nil || ordered.JSON200 == nil || ordered.JSON200.Code != "0000" || ordered.JSON200.Data == nil {
		log.Fatal("not accepted: ", err, ordered)
	}
	refused, err := client.OpenPackageWithResponse(ctx, nil, csss.OpenPackageRequest{OrderId: "no such order"})
	if err != nil || refused.JSON200 == nil || refused.JSON200.Code == "0000" || refused.JSON200.Data != nil {
		log.Fatal("not refused: ", err, refused)
	}
	fmt.Println("accepted 1")
}
