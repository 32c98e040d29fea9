CREATE TABLE `alert_event` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`epoch` integer,
	`seq` integer,
	`session` text,
	`time` integer NOT NULL,
	`alert_id` text NOT NULL,
	`rule_id` text NOT NULL,
	`symbol` text NOT NULL,
	`state` text NOT NULL,
	`previous_state` text NOT NULL,
	`message` text NOT NULL,
	`value` real,
	FOREIGN KEY (`epoch`) REFERENCES `epoch`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`session`) REFERENCES `session`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `alert_event_time` ON `alert_event` (`time`);--> statement-breakpoint
CREATE INDEX `alert_event_position` ON `alert_event` (`epoch`,`seq`);--> statement-breakpoint
CREATE UNIQUE INDEX `alert_event_once` ON `alert_event` (`alert_id`);--> statement-breakpoint
CREATE TABLE `alert_rule` (
	`id` text PRIMARY KEY NOT NULL,
	`symbol` text NOT NULL,
	`kind` text NOT NULL,
	`price_ticks` integer,
	`age_ms` integer,
	`for_ms` integer NOT NULL,
	`repeat` text NOT NULL,
	`note` text NOT NULL,
	`enabled` integer NOT NULL,
	`created_at` integer NOT NULL,
	`state` text NOT NULL,
	`fired_at` integer
);
--> statement-breakpoint
CREATE TABLE `book_check` (
	`session_symbol` integer NOT NULL,
	`sequence` integer NOT NULL,
	`bid_ticks` integer NOT NULL,
	`bid_lots` integer NOT NULL,
	`ask_ticks` integer NOT NULL,
	`ask_lots` integer NOT NULL,
	PRIMARY KEY(`session_symbol`, `sequence`),
	FOREIGN KEY (`session_symbol`) REFERENCES `session_symbol`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `candle` (
	`session_symbol` integer NOT NULL,
	`interval_ms` integer NOT NULL,
	`open_time` integer NOT NULL,
	`open` integer NOT NULL,
	`high` integer NOT NULL,
	`low` integer NOT NULL,
	`close` integer NOT NULL,
	`volume` integer NOT NULL,
	`buy_volume` integer NOT NULL,
	`trades` integer NOT NULL,
	`backfilled` integer DEFAULT 0 NOT NULL,
	PRIMARY KEY(`session_symbol`, `interval_ms`, `open_time`),
	FOREIGN KEY (`session_symbol`) REFERENCES `session_symbol`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `epoch` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`name` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `epoch_name` ON `epoch` (`name`);--> statement-breakpoint
CREATE TABLE `gap` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`session` text NOT NULL,
	`symbol` text NOT NULL,
	`from_time` integer NOT NULL,
	`to_time` integer NOT NULL,
	`reason` text NOT NULL,
	FOREIGN KEY (`session`) REFERENCES `session`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `gap_session` ON `gap` (`session`,`from_time`);--> statement-breakpoint
CREATE TABLE `headline` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`epoch` integer,
	`seq` integer,
	`session` text,
	`time` integer NOT NULL,
	`headline_id` text NOT NULL,
	`source` text NOT NULL,
	`symbols` text NOT NULL,
	`title` text NOT NULL,
	`event_id` text,
	FOREIGN KEY (`epoch`) REFERENCES `epoch`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`session`) REFERENCES `session`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `headline_time` ON `headline` (`time`);--> statement-breakpoint
CREATE INDEX `headline_session` ON `headline` (`session`,`time`);--> statement-breakpoint
CREATE INDEX `headline_position` ON `headline` (`epoch`,`seq`);--> statement-breakpoint
CREATE UNIQUE INDEX `headline_once` ON `headline` (`session`,`headline_id`);--> statement-breakpoint
CREATE TABLE `instrument` (
	`symbol` text PRIMARY KEY NOT NULL,
	`venue` text NOT NULL,
	`base` text NOT NULL,
	`quote` text NOT NULL,
	`tick_size` text NOT NULL,
	`lot_size` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `segment` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`session_symbol` integer NOT NULL,
	`start_time` integer NOT NULL,
	`end_time` integer NOT NULL,
	`start_sequence` integer NOT NULL,
	`end_sequence` integer NOT NULL,
	`count` integer NOT NULL,
	`continues` integer NOT NULL,
	`hash` blob,
	`keyframe` blob NOT NULL,
	`deltas` blob NOT NULL,
	FOREIGN KEY (`session_symbol`) REFERENCES `session_symbol`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `segment_seek` ON `segment` (`session_symbol`,`start_time`,`start_sequence`);--> statement-breakpoint
CREATE TABLE `session` (
	`id` text PRIMARY KEY NOT NULL,
	`label` text NOT NULL,
	`source` text NOT NULL,
	`state` text NOT NULL,
	`origin` text NOT NULL,
	`fingerprint` text,
	`owner` text NOT NULL,
	`created_at` integer NOT NULL,
	`touched_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `session_fingerprint` ON `session` (`fingerprint`);--> statement-breakpoint
CREATE INDEX `session_created` ON `session` (`created_at`);--> statement-breakpoint
CREATE TABLE `session_event` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`epoch` integer,
	`seq` integer,
	`session` text,
	`time` integer NOT NULL,
	`about` text NOT NULL,
	`change` text NOT NULL,
	FOREIGN KEY (`epoch`) REFERENCES `epoch`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`session`) REFERENCES `session`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `session_event_position` ON `session_event` (`epoch`,`seq`);--> statement-breakpoint
CREATE TABLE `session_symbol` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`session` text NOT NULL,
	`symbol` text NOT NULL,
	`venue` text NOT NULL,
	`base` text NOT NULL,
	`quote` text NOT NULL,
	`tick_size` text NOT NULL,
	`lot_size` text NOT NULL,
	`first_time` integer,
	`last_time` integer,
	`deltas` integer DEFAULT 0 NOT NULL,
	`trades` integer DEFAULT 0 NOT NULL,
	`messages` text DEFAULT '{}' NOT NULL,
	FOREIGN KEY (`session`) REFERENCES `session`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `session_symbol_pair` ON `session_symbol` (`session`,`symbol`);--> statement-breakpoint
CREATE INDEX `session_symbol_range` ON `session_symbol` (`symbol`,`first_time`);--> statement-breakpoint
CREATE TABLE `status_event` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`epoch` integer,
	`seq` integer,
	`session` text,
	`time` integer NOT NULL,
	`severity` text NOT NULL,
	`kind` text NOT NULL,
	`symbols` text NOT NULL,
	`message` text NOT NULL,
	FOREIGN KEY (`epoch`) REFERENCES `epoch`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`session`) REFERENCES `session`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `status_event_time` ON `status_event` (`time`);--> statement-breakpoint
CREATE INDEX `status_event_session` ON `status_event` (`session`,`time`);--> statement-breakpoint
CREATE INDEX `status_event_position` ON `status_event` (`epoch`,`seq`);--> statement-breakpoint
CREATE TABLE `trade` (
	`id` integer PRIMARY KEY NOT NULL,
	`session_symbol` integer NOT NULL,
	`sequence` integer NOT NULL,
	`event_time` integer NOT NULL,
	`price_ticks` integer NOT NULL,
	`size_lots` integer NOT NULL,
	`aggressor` integer NOT NULL,
	FOREIGN KEY (`session_symbol`) REFERENCES `session_symbol`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `trade_time` ON `trade` (`session_symbol`,`event_time`,`sequence`);--> statement-breakpoint
CREATE INDEX `trade_sequence` ON `trade` (`session_symbol`,`sequence`);