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
	client, err := csss.NewClientWithResponses(os.Getenv("LINKSFIELD_BASE_URL"), csss.WithHTTPClient(signed))
	if err != nil {
		log.Fatal(err)
	}
	listed, err := client.SyncAssetInfoWithResponse(ctx, nil, csss.SyncAssetInfoRequest{})
	if err != nil || listed.JSON200 == nil || listed.JSON200.Code != "0000" {
		log.Fatal("not accepted: ", err, listed)
	}
	refused, err := client.OpenPackageWithResponse(ctx, nil, csss.OpenPackageRequest{OrderId: "no such order"})
	if err != nil || refused.JSON200 == nil || refused.JSON200.Code == "0000" || refused.JSON200.Data != nil {
		log.Fatal("not refused: ", err, refused)
	}
	fmt.Println("accepted 1")
}
