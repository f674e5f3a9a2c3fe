package operator

import "weir/system/node"

// Samples implements node.Sampler.
func (o *operator) Samples(s []node.Sample) []node.Sample {
	return append(s, node.Truth("ready", true), node.Level("orders", "", len(o.jobs)))
}
