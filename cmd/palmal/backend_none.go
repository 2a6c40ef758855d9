//go:build !cuda

package main

// deviceBackends are those that a build tag adds: none here.
func deviceBackends() []backendKind { return nil }
