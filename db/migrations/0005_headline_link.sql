ALTER TABLE `headline` ADD `link` text;--> statement-breakpoint
CREATE INDEX `headline_id` ON `headline` (`headline_id`);--> statement-breakpoint
CREATE INDEX `headline_link` ON `headline` (`link`);