package run

// TrainedBy is the x of a checkpoint's policy on a learning curve: the environment steps that produced it.
// Steps sampled by the improved policy itself are not among them. Evaluations, diagnoses, pictures and kept
// checkpoints all use this number. For checkpoints of older programs, which did not record it, it comes
// from the metrics.
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
