// Package distributor is the role between emitters and analysers: it admits
// packets, gives each to an analyser so that messages are shared out by weight,
// retries elsewhere what failed, and answers for the outcome.
//
// It is a set of actors on one node. The supervisor (sup, the root) owns the
// table of analysers and its version, validates control documents, keeps the
// table on disk and stops the node in order. The ingress admits or refuses. Each
// worker (w1, w2, ...) has its own failure detectors, its own numbered view and,
// with State local, its own policy; with State shared the router is the one
// chooser. Nothing is shared between actors but immutable values in messages.
//
// The package knows neither how packets travel nor how an analyser stores them.
// Time and randomness come from node.Env only; it may be imported by whoever
// boots nodes and imports system/node, message, record, route and detect.
package distributor
