//go:build !cuda

package main

// deviceBackends lists the backends that a build tag adds: none here.
func deviceBackends() []backendKind { return nil }
