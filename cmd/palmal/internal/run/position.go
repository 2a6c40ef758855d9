package run

// TrainedBy is where a checkpoint's policy stands on a learning curve, the x of a run: the environment
// steps that produced it. What the policy itself played, after it was improved, is not among them.
// Evaluations, diagnoses, pictures and kept checkpoints all mean this number. Checkpoints of programs
// that did not note it have it in their metrics.
func (d *Directory) TrainedBy(manifest Manifest) int {
	if manifest.Trained > 0 {
		return manifest.Trained
	}
	records, err := ReadMetrics(d.MetricsPath())
	if err != nil {
		return manifest.Samples
	}
	for _, record := range records {
		if record.Iteration == manifest.Iteration {
			return record.Sampled.Samples
		}
	}
	return manifest.Samples
}
