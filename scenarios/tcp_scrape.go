//go:build unix

package scenarios

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Limits of a scrape.
const (
	scrapeWithin = 15 * time.Second
	scrapeMax    = 4 << 20 // bytes
	scrapeTries  = 5       // while actors are late, which makes an answer worthless
)

// scrape asks every node that runs for its metrics, for the judge to compare with the
// logs.
func (c *cluster) scrape() {
	client := &http.Client{Timeout: scrapeWithin, Transport: &http.Transport{DisableKeepAlives: true}}
	for _, n := range c.sc.Nodes() {
		r := c.nodes[n.Name]
		if !r.process.Running() {
			continue // its end is told elsewhere
		}
		text, err := c.scrapeNode(client, r.admin)
		if err != nil {
			c.ended = append(c.ended, fmt.Sprintf("metrics of node %s: %v", n.Name, err))
			continue
		}
		c.metrics = append(c.metrics, File{fmt.Sprintf("metrics/%s.%d.prom", n.Name, r.process.Incarnation()), Text{text}})
	}
}

// scrapeNode returns a node's metrics behind the line that says when they were asked
// for and had come.
func (c *cluster) scrapeNode(client *http.Client, addr string) ([]byte, error) {
	for range scrapeTries {
		from := c.now()
		text, err := get(client, "http://"+addr+"/metrics")
		if err != nil {
			return nil, err
		}
		if bytes.Contains(text, []byte("\nweir_node_late_actors 0\n")) {
			return append(fmt.Appendf(nil, "# weir scrape from_ns=%d to_ns=%d\n", from, c.now()), text...), nil
		}
	}
	return nil, errors.New("actors of the node do not answer")
}

func get(client *http.Client, url string) ([]byte, error) {
	resp, err := client.Get(url)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, scrapeMax+1))
	switch {
	case err != nil:
		return nil, err
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("%s: %.200q", resp.Status, text)
	case len(text) > scrapeMax:
		return nil, fmt.Errorf("more than %d bytes", scrapeMax)
	}
	return text, nil
}
