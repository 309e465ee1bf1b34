@N-01 @setup-transit
Feature: Calls that only pass through
  Between the ISDN and the older telephone network the centre passes calls on to the subscriber who was dialled.

  Scenario: A caller of the ISDN network reaches a subscriber of the telephone network
    When a caller of the ISDN network dials a subscriber of the telephone network
    Then the subscriber is called within 2 seconds
    When the subscriber's telephone rings
    And the subscriber answers
    Then the caller and the subscriber hear each other
    When the caller of the passing call hangs up
    Then the subscriber is cleared with cause "normal call clearing" within 2 seconds
    And both circuits are free again within 2 seconds

  Scenario: A caller of the telephone network reaches a subscriber of the ISDN network
    When a caller of the telephone network dials a subscriber of the ISDN network
    Then the subscriber is called within 2 seconds
    When the subscriber's telephone rings
    And the subscriber answers
    Then the caller and the subscriber hear each other
    When the caller of the passing call hangs up
    Then the subscriber is cleared with cause "normal call clearing" within 2 seconds
    And both circuits are free again within 2 seconds

  Scenario: A subscriber of the telephone network is busy
    When a caller of the ISDN network dials a subscriber of the telephone network
    And the subscriber is busy
    Then the caller of the passing call is told that the subscriber is busy within 2 seconds
    And both circuits are free again within 2 seconds

  Scenario: A subscriber of the ISDN network is busy
    When a caller of the telephone network dials a subscriber of the ISDN network
    And the subscriber is busy
    Then the caller of the passing call is told that the subscriber is busy within 2 seconds
    And both circuits are free again within 2 seconds

  @C-04
  Scenario: A passing call is on record with both lines
    Given a caller of the ISDN network talks with a subscriber of the telephone network
    When the caller of the passing call hangs up
    Then the call record shows a call in transit with both its lines
