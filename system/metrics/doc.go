// Package metrics shows what a node measures to Prometheus. Actors and the driver
// measure in plain memory of their own (node.Sampler); a scrape asks them between two
// events, so that a packet costs no atomic, no lock and no label lookup. The package
// gives the values their names, types and texts (see table), and holds no values
// itself: a registry for each node, never the default one.
//
// Label values are roles' own words or names that the configuration knows; what else
// could come from outside counts as "(other)", and at most labelsMost values of one
// metric are shown.
//
// The folder dashboards has a Grafana dashboard and alert rules for Prometheus.
//
// Commands import it. It knows no role's code and no driver.
package metrics
