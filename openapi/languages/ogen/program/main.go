// Makes a call that is accepted and one that is refused, with the generated client; the transport signs.
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
	listed, err := client.SyncAssetInfo(ctx, &csss.SyncAssetInfoRequest{}, csss.SyncAssetInfoParams{})
	if err != nil || listed.Code != "0000" {
		log.Fatal("not accepted: ", err, listed)
	}
	order := csss.OpenPackageRequest{OrderID: "no such order"}
	refused, err := client.OpenPackage(ctx, &order, csss.OpenPackageParams{})
	if err != nil || refused.Code == "0000" || !refused.Data.IsNull() {
		log.Fatal("not refused: ", err, refused)
	}
	fmt.Println("accepted 1")
}
