// Package http carries the messages of real nodes as JSON over HTTP: the same
// operations as package grpc, for clients that have nothing but curl, and between
// nodes. It is a driver.Link for what a node sends, and handlers for what others send
// to it. openapi.yaml describes it and is served by the control handler.
//
// Each message of a node is one request, and the answer to it is the response, which
// comes once there is an outcome; but packets for an analyser that wait together go in one
// request as lines, and what headers say is in their lines. Headers say who sends: Weir-Node and
// Weir-Incarnation, and of the message Weir-Token, Weir-From, Weir-To and
// Weir-To-Incarnation. A client that is no node sends none of them.
//
// What arrives is read strictly and within limits: the size first, then the form
// (400), then the meaning (422). A request beyond what may be in progress is answered
// 429 with a time to retry. It dials and listens only with what it is handed. It
// imports system/driver, system/message, system/node, system/transport and
// system/wire; programs that boot real nodes import it.
package http
