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
	client, err := csss.NewClient(os.Getenv("LINKSFIELD_BASE_URL"), csss.WithClient(signed))
	if err != nil {
		log.Fatal(err)
	}
	terms := csss.OrderPackageRequest{
		DeviceID: "89852022018041800192", GlobalOrder: "0", IsOpen: "0", OrderPeriod: "1", PackageCode: "DP20190726001274",
		PackageName: "C_M_0_P_中国20M不限速月套餐", PackageType: "2", PayAmount: "0", PayRst: "2", TestFlow: "0", TestFlowFlag: "0",
	}
	ordered, err := client.OrderPackage(ctx, &terms, csss.OrderPackageParams{})
	if err != nil || ordered.Code != "0000" || ordered.Data.IsNull() {
		log.Fatal("not accepted: ", err, ordered)
	}
	order := csss.OpenPackageRequest{OrderID: "no such order"}
	refused, err := client.OpenPackage(ctx, &order, csss.OpenPackageParams{})
	if err != nil || refused.Code == "0000" || !refused.Data.IsNull() {
		log.Fatal("not refused: ", err, refused)
	}
	fmt.Println("accepted 1")
}
