package main

import (
	"errors"
	"fmt"
)

// checkCluster returns what keeps a distributor from its cluster: it must listen where the
// others tell it of the table that they share, and know where they do.
func (c *config) checkCluster() error {
	others := c.Distributor.Cluster.Others(c.Name)
	c.Distributor.Cluster.Watched = c.Memberlist.Bind != ""
	errs := []error{c.Memberlist.check(c)}
	if !c.Distributor.Clustered() || len(others) == 0 {
		return errors.Join(errs...)
	}
	if c.Control == "" && c.HTTPControl == "" {
		errs = append(errs, errors.New("cluster: the other distributors have nowhere to tell this one of the table: --control HOST:PORT or --http-control HOST:PORT"))
	}
	for _, name := range others {
		if c.Peers[name].Control == "" {
			errs = append(errs, fmt.Errorf("cluster: distributor %q has no control address: peers: {%s: {control: HOST:PORT}}", name, name))
		}
	}
	return errors.Join(errs...)
}
